"""API tokens: made, kept as hashes, and recognised."""

import hashlib

from sqlalchemy import Connection, Row, delete, insert, select

from headwater.access.model import Principal, Role, Token
from headwater.access.tables import TOKENS
from headwater.errors import ConflictError, NotFoundError
from headwater.kit import ids


def digest(secret: str) -> str:
    """What is kept of a token's secret.

    One SHA-256 is enough: the secret is 256 random bits, not a password, so there is nothing to
    guess that a slower hash would protect, and it is computed for every request.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    connection: Connection,
    workspace_id: str,
    *,
    name: str,
    role: Role,
    now: int,
    secret: str = "",
) -> tuple[Token, str]:
    """Make a token. Returns it and its secret, which is kept nowhere.

    `secret` is what an operator chose himself. Raises ConflictError when it is in use.
    """
    secret = secret or ids.api_token()
    token = Token(
        id=ids.resource_id(), workspace_id=workspace_id, name=name, role=role, created_at=now
    )
    taken = connection.execute(select(TOKENS.c.id).where(TOKENS.c.hash == digest(secret))).first()
    if taken is not None:
        raise ConflictError("This token is in use already.", hint="Choose another secret.")
    connection.execute(
        insert(TOKENS).values(
            id=token.id,
            workspace_id=workspace_id,
            name=name,
            role=role.value,
            hash=digest(secret),
            created_at=now,
        )
    )
    return token, secret


def principal(connection: Connection, secret: str) -> Principal | None:
    """Whose token this is; None where it is nobody's."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.hash == digest(secret))).first()
    if row is None:
        return None
    token = _token(row)
    return Principal(f"token:{token.id}", token.workspace_id, token.role)


def tokens(connection: Connection, workspace_id: str) -> list[Token]:
    """A workspace's tokens, the oldest first."""
    statement = (
        select(TOKENS)
        .where(TOKENS.c.workspace_id == workspace_id)
        .order_by(TOKENS.c.created_at, TOKENS.c.id)
    )
    return [_token(row) for row in connection.execute(statement)]


def revoke(connection: Connection, workspace_id: str, token_id: str) -> None:
    """Make a token useless at once. Raises NotFoundError."""
    statement = delete(TOKENS).where(TOKENS.c.workspace_id == workspace_id, TOKENS.c.id == token_id)
    if not connection.execute(statement).rowcount:
        raise NotFoundError(f"There is no token {token_id!r}.")


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(row.id, row.workspace_id, row.name, Role(row.role), row.created_at)
