"""Who belongs to a workspace, and what each may there: by own grants and by those of groups."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from headwater.access.accounts import User, user_of
from headwater.access.model import EVERYTHING, Grant, both
from headwater.access.roles import Role
from headwater.access.tables import GROUP_MEMBERS, MEMBERS, USER_GROUPS, USERS
from headwater.errors import ConflictError
from headwater.kit.tables import later
from headwater.workspaces.model import Workspace
from headwater.workspaces.tables import WORKSPACES


class Member(msgspec.Struct, frozen=True):
    """A user in a workspace, with what he has been given himself."""

    user: User
    grants: tuple[Grant, ...]


def put(
    connection: Connection, workspace_id: str, user_id: str, grants: Sequence[Grant], *, now: int
) -> None:
    """Make a user a member with these grants, or give these to one who is."""
    is_user = (MEMBERS.c.workspace_id == workspace_id, MEMBERS.c.user_id == user_id)
    text = encoded(grants)
    if not connection.execute(update(MEMBERS).where(*is_user).values(grants=text)).rowcount:
        at = later(connection, MEMBERS, now)
        connection.execute(
            insert(MEMBERS).values(
                workspace_id=workspace_id, user_id=user_id, grants=text, created_at=at
            )
        )


def remove(connection: Connection, workspace_id: str, member: Member) -> None:
    """Take a user out of a workspace and its groups; whose last one it was has no account then."""
    user = member.user
    leave_groups(connection, workspace_id, user.email)
    connection.execute(
        delete(MEMBERS).where(MEMBERS.c.workspace_id == workspace_id, MEMBERS.c.user_id == user.id)
    )
    if not workspaces_of(connection, user.id):
        connection.execute(delete(USERS).where(USERS.c.id == user.id))


def leave_groups(connection: Connection, workspace_id: str, email: str) -> None:
    """Take an address out of all groups of a workspace."""
    own_groups = select(USER_GROUPS.c.id).where(USER_GROUPS.c.workspace_id == workspace_id)
    connection.execute(
        delete(GROUP_MEMBERS).where(
            GROUP_MEMBERS.c.email == email, GROUP_MEMBERS.c.group_id.in_(own_groups)
        )
    )


def members(connection: Connection, workspace_id: str) -> list[Member]:
    """A workspace's members, the oldest first."""
    statement = (
        select(USERS, MEMBERS.c.grants)
        .join(MEMBERS, MEMBERS.c.user_id == USERS.c.id)
        .where(MEMBERS.c.workspace_id == workspace_id)
        .order_by(MEMBERS.c.created_at, USERS.c.id)
    )
    return [Member(user_of(row), decoded(row.grants)) for row in connection.execute(statement)]


def grants_of(connection: Connection, workspace_id: str, user_id: str) -> tuple[Grant, ...]:
    """All that a user has been given in a workspace; nothing where he is no member."""
    own = connection.scalar(
        select(MEMBERS.c.grants).where(
            MEMBERS.c.workspace_id == workspace_id, MEMBERS.c.user_id == user_id
        )
    )
    if own is None:
        return ()
    of_groups = connection.scalars(
        select(USER_GROUPS.c.grants)
        .join(GROUP_MEMBERS, GROUP_MEMBERS.c.group_id == USER_GROUPS.c.id)
        .join(USERS, USERS.c.email == GROUP_MEMBERS.c.email)
        .where(USER_GROUPS.c.workspace_id == workspace_id, USERS.c.id == user_id)
        .order_by(USER_GROUPS.c.created_at, USER_GROUPS.c.id)
    )
    return both(decoded(own), *map(decoded, of_groups))


def workspaces_of(connection: Connection, user_id: str) -> list[Workspace]:
    """The workspaces that a user belongs to, that of the first membership first."""
    statement = (
        select(WORKSPACES)
        .join(MEMBERS, MEMBERS.c.workspace_id == WORKSPACES.c.id)
        .where(MEMBERS.c.user_id == user_id)
        .order_by(MEMBERS.c.created_at, WORKSPACES.c.created_at, WORKSPACES.c.id)
    )
    return [Workspace(row.id, row.name, row.slug) for row in connection.execute(statement)]


@contextmanager
def keeping_an_owner(connection: Connection, workspace_id: str) -> Iterator[None]:
    """What is done within must leave an owner where there was one. Raises ConflictError."""
    had_one = _has_owner(connection, workspace_id)
    yield
    if had_one and not _has_owner(connection, workspace_id):
        raise ConflictError(
            "The workspace would have no owner any more.",
            hint="Make somebody else an owner first.",
            code="last_owner",
        )


def encoded(grants: Sequence[Grant]) -> str:
    """Grants as a column holds them."""
    return msgspec.json.encode(grants).decode()


def decoded(text: str) -> tuple[Grant, ...]:
    """The grants that a column holds."""
    return msgspec.json.decode(text, type=tuple[Grant, ...])


def _has_owner(connection: Connection, workspace_id: str) -> bool:
    owner = Grant(Role.WORKSPACE_OWNER, EVERYTHING)
    users = connection.scalars(
        select(MEMBERS.c.user_id).where(MEMBERS.c.workspace_id == workspace_id)
    ).all()
    return any(owner in grants_of(connection, workspace_id, user_id) for user_id in users)
