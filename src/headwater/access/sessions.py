"""Sessions of the console: begun by signing in, ended by signing out, expiring and revocable."""

from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from headwater.access.audit import Change
from headwater.access.changes import Changes, Step
from headwater.access.members import grants_of, workspaces_of
from headwater.access.model import Principal
from headwater.access.secrets import digest
from headwater.access.tables import SESSIONS, USERS
from headwater.errors import ForbiddenError, NotFoundError
from headwater.kit import ids

COOKIE: Final = "headwater_session"
LONGEST: Final = 30 * 86_400_000_000
"""How long a session may last at all, in microseconds."""
LONGEST_IDLE: Final = 7 * 86_400_000_000
"""How long a session lasts without being used, in microseconds."""

_USES_NOTED_EVERY: Final = 60_000_000
_LONGEST_TEXT: Final = 300


class Session(msgspec.Struct, frozen=True):
    """A session as its user sees it: without its secret."""

    id: str
    user_id: str
    workspace_id: str | None
    address: str
    browser: str
    created_at: int
    last_used_at: int
    expires_at: int


def begin(
    step: Step, user_id: str, *, workspace_id: str | None, address: str, browser: str
) -> tuple[Session, str]:
    """Start a session within a change. Returns it and its secret, which is kept nowhere."""
    secret = ids.secret()
    session = Session(
        id=ids.resource_id(),
        user_id=user_id,
        workspace_id=workspace_id,
        address=address[:_LONGEST_TEXT],
        browser=browser[:_LONGEST_TEXT],
        created_at=step.now,
        last_used_at=step.now,
        expires_at=step.now + LONGEST,
    )
    step.connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= step.now))
    step.connection.execute(
        insert(SESSIONS).values(**msgspec.structs.asdict(session), hash=digest(secret))
    )
    return session, secret


def principal(changes: Changes, secret: str) -> Principal | None:
    """Who is signed in with this secret; None where nobody is, or not any more. Notes its use.

    The session works in the workspace chosen last, or in the user's first one.
    """
    now = changes.clock.now()
    statement = (
        select(SESSIONS, USERS.c.email)
        .join(USERS, USERS.c.id == SESSIONS.c.user_id)
        .where(SESSIONS.c.hash == digest(secret))
    )
    with changes.reading() as connection:
        row = connection.execute(statement).first()
        if row is None or not _is_alive(row, now):
            return None
        found = _principal(connection, _session(row), row.email)
    if now - row.last_used_at >= _USES_NOTED_EVERY:
        with changes.noting() as connection:
            connection.execute(
                update(SESSIONS).where(SESSIONS.c.id == row.id).values(last_used_at=now)
            )
    return found


def listed(changes: Changes, by: Principal) -> list[Session]:
    """The caller's own live sessions, the newest first."""
    now = changes.clock.now()
    statement = (
        select(SESSIONS)
        .where(SESSIONS.c.user_id == _user(by))
        .order_by(SESSIONS.c.created_at.desc(), SESSIONS.c.id)
    )
    with changes.reading() as connection:
        return [_session(row) for row in connection.execute(statement) if _is_alive(row, now)]


def revoke(changes: Changes, by: Principal, session_id: str) -> None:
    """End one of the caller's own sessions at once. Raises NotFoundError."""
    with changes.change(by) as step:
        ended = step.connection.execute(
            delete(SESSIONS).where(SESSIONS.c.id == session_id, SESSIONS.c.user_id == _user(by))
        )
        if not ended.rowcount:
            raise NotFoundError(f"There is no session {session_id!r}.")
        step.record(Change("Session Ended", "Session", session_id, name=by.name))


def revoke_others(changes: Changes, by: Principal) -> int:
    """End all of the caller's own sessions but this one. Returns how many there were."""
    with changes.change(by) as step:
        count = end_all(step, _user(by), but=by.session_id)
        if count:
            step.record(Change("Other Sessions Ended", "User", _user(by), name=by.name))
    return count


def end_all(step: Step, user_id: str, *, but: str | None = None) -> int:
    """End a user's sessions within a change. Returns how many there were."""
    ended = delete(SESSIONS).where(SESSIONS.c.user_id == user_id)
    if but is not None:
        ended = ended.where(SESSIONS.c.id != but)
    return step.connection.execute(ended).rowcount


def switch_workspace(changes: Changes, by: Principal, workspace_id: str) -> None:
    """Go on in another of the caller's workspaces. Raises NotFoundError."""
    with changes.noting() as connection:
        if workspace_id not in {each.id for each in workspaces_of(connection, _user(by))}:
            raise NotFoundError(f"There is no workspace {workspace_id!r}.")
        connection.execute(
            update(SESSIONS).where(SESSIONS.c.id == by.session_id).values(workspace_id=workspace_id)
        )


def _principal(connection: Connection, session: Session, email: str) -> Principal | None:
    own = [each.id for each in workspaces_of(connection, session.user_id)]
    if not own:
        return None
    workspace_id = session.workspace_id if session.workspace_id in own else own[0]
    return Principal(
        actor=f"user:{session.user_id}",
        workspace_id=workspace_id,
        grants=grants_of(connection, workspace_id, session.user_id),
        user_id=session.user_id,
        session_id=session.id,
        name=email,
    )


def _is_alive(row: Row[tuple[object, ...]], now: int) -> bool:
    return bool(now < row.expires_at and now < row.last_used_at + LONGEST_IDLE)


def _user(by: Principal) -> str:
    if by.user_id is None:
        raise ForbiddenError("Only a person has sessions.", hint="Sign in at /sign-in.")
    return by.user_id


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        workspace_id=row.workspace_id,
        address=row.address,
        browser=row.browser,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )
