"""Workspaces, as principals see and change them."""

from headwater.access.audit import modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.workspaces import store
from headwater.workspaces.model import Workspace


def own(changes: Changes, by: Principal) -> Workspace:
    """The caller's workspace."""
    with changes.reading() as connection:
        return store.workspace(connection, by.workspace_id)


def rename(changes: Changes, by: Principal, name: str) -> Workspace:
    """Give the caller's workspace another name. Raises ForbiddenError and BadRequestError."""
    by.require(Permission.WORKSPACE_ADMIN)
    with changes.change(by) as step:
        before = store.workspace(step.connection, by.workspace_id)
        after = store.rename_workspace(step.connection, by.workspace_id, name)
        if after != before:
            step.record(modified("Workspace", after.id, before, after, name=after.name))
    return after
