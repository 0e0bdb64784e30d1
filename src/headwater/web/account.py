"""Who the visitor is to himself: name, language, zone, and the workspaces that he may enter."""

import msgspec

from headwater.access import accounts
from headwater.access.accounts import User
from headwater.access.changes import Changes
from headwater.access.members import workspaces_of
from headwater.access.model import Principal
from headwater.workspaces import store
from headwater.workspaces.model import Workspace


class Account(msgspec.Struct, frozen=True):
    """`user` is None for a token, which belongs to nobody."""

    user: User | None
    workspace: Workspace
    workspaces: tuple[Workspace, ...]


def account(changes: Changes, by: Principal) -> Account:
    """The visitor's account. Blocks: for a thread."""
    with changes.reading() as connection:
        workspace = store.workspace(connection, by.workspace_id)
        found = accounts.by_id(connection, by.user_id) if by.user_id else None
        own = workspaces_of(connection, by.user_id) if by.user_id else [workspace]
    return Account(found[0] if found else None, workspace, tuple(own))
