"""Who belongs to a workspace, and what each may there: by own grants and by those of groups."""

import msgspec
from sqlalchemy import Connection, select

from headwater.access.model import Grant, both
from headwater.access.tables import GROUP_MEMBERS, MEMBERS, USER_GROUPS, USERS
from headwater.workspaces.model import Workspace
from headwater.workspaces.tables import WORKSPACES


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


def encoded(grants: tuple[Grant, ...]) -> str:
    """Grants as a column holds them."""
    return msgspec.json.encode(grants).decode()


def decoded(text: str) -> tuple[Grant, ...]:
    return msgspec.json.decode(text, type=tuple[Grant, ...])
