"""API tokens: made, kept as hashes, and recognised."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from headwater.access import granting
from headwater.access.audit import created, deleted
from headwater.access.changes import Changes
from headwater.access.model import Grant, Principal
from headwater.access.permissions import Permission
from headwater.access.secrets import digest
from headwater.access.tables import TOKENS
from headwater.errors import ConflictError, InvalidError, NotFoundError
from headwater.kit import ids
from headwater.kit.tables import later
from headwater.workspaces.rules import LONGEST_NAME

_USES_NOTED_EVERY: Final = 60_000_000  # microseconds


class Token(msgspec.Struct, frozen=True):
    """An API token as it is kept: without its secret."""

    id: str
    workspace_id: str
    name: str
    grants: tuple[Grant, ...]
    created_by: str
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None


def create(
    changes: Changes,
    by: Principal,
    *,
    name: str,
    grants: Sequence[Grant],
    expires_at: int | None = None,
) -> tuple[Token, str]:
    """Make a token. Returns it and its secret, which is kept nowhere.

    Raises InvalidError, and ForbiddenError for a token mightier than the caller.
    """
    by.require(Permission.IAM_ADMIN)
    with changes.change(by) as step:
        given = granting.checked(step.connection, by, grants)
        if expires_at is not None and expires_at <= step.now:
            raise InvalidError("expiresAt: is in the past.", field="expiresAt")
        token, secret = insert_token(
            step.connection,
            by.workspace_id,
            name=name,
            grants=given,
            created_by=by.actor,
            now=step.now,
            expires_at=expires_at,
        )
        step.record(created("Token", token.id, token, name=token.name))
    return token, secret


def listed(changes: Changes, by: Principal) -> list[Token]:
    """The workspace's tokens, the oldest first. Raises ForbiddenError."""
    by.require(Permission.IAM_ADMIN)
    with changes.reading() as connection:
        return tokens(connection, by.workspace_id)


def one(changes: Changes, by: Principal, token_id: str) -> Token:
    """One token of the workspace. Raises NotFoundError and ForbiddenError."""
    by.require(Permission.IAM_ADMIN)
    with changes.reading() as connection:
        return _one(connection, by.workspace_id, token_id)


def revoke(changes: Changes, by: Principal, token_id: str) -> None:
    """Make a token useless at once. Raises NotFoundError and ForbiddenError."""
    by.require(Permission.IAM_ADMIN)
    with changes.change(by) as step:
        token = _one(step.connection, by.workspace_id, token_id)
        step.connection.execute(delete(TOKENS).where(TOKENS.c.id == token.id))
        step.record(deleted("Token", token.id, token, name=token.name))


def insert_token(
    connection: Connection,
    workspace_id: str,
    *,
    name: str,
    grants: Sequence[Grant],
    created_by: str,
    now: int,
    secret: str = "",
    expires_at: int | None = None,
) -> tuple[Token, str]:
    """Keep a new token. `secret` is what an operator chose himself.

    Raises ConflictError when it is in use, and InvalidError.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"name: must be 1 to {LONGEST_NAME} characters.", field="name")
    if not grants:
        raise InvalidError("permissions: a token needs at least one.", field="permissions")
    secret = secret or ids.api_token()
    token = Token(
        id=ids.resource_id(),
        workspace_id=workspace_id,
        name=name.strip(),
        grants=tuple(grants),
        created_by=created_by,
        created_at=later(connection, TOKENS, now),
        expires_at=expires_at,
    )
    taken = connection.execute(select(TOKENS.c.id).where(TOKENS.c.hash == digest(secret))).first()
    if taken is not None:
        raise ConflictError("This token is in use already.", hint="Choose another secret.")
    values = msgspec.structs.asdict(token) | {
        "grants": msgspec.json.encode(token.grants).decode(),
        "hash": digest(secret),
    }
    connection.execute(insert(TOKENS).values(**values))
    return token, secret


def tokens(connection: Connection, workspace_id: str) -> list[Token]:
    """A workspace's tokens, the oldest first."""
    statement = (
        select(TOKENS)
        .where(TOKENS.c.workspace_id == workspace_id)
        .order_by(TOKENS.c.created_at, TOKENS.c.id)
    )
    return [_token(row) for row in connection.execute(statement)]


def principal(changes: Changes, secret: str) -> Principal | None:
    """Whose token this is; None where it is nobody's, revoked or expired. Notes its use."""
    now = changes.clock.now()
    with changes.reading() as connection:
        row = connection.execute(select(TOKENS).where(TOKENS.c.hash == digest(secret))).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    token = _token(row)
    if token.last_used_at is None or now - token.last_used_at >= _USES_NOTED_EVERY:
        with changes.noting() as connection:
            connection.execute(
                update(TOKENS).where(TOKENS.c.id == token.id).values(last_used_at=now)
            )
    return Principal(f"token:{token.id}", token.workspace_id, token.grants, name=token.name)


def _one(connection: Connection, workspace_id: str, token_id: str) -> Token:
    for each in tokens(connection, workspace_id):
        if each.id == token_id:
            return each
    raise NotFoundError(f"There is no token {token_id!r}.")


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        grants=msgspec.json.decode(row.grants, type=tuple[Grant, ...]),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
