"""Workspaces, as principals see and change them."""

from headwater.access import members, users
from headwater.access.audit import created, modified
from headwater.access.changes import Changes
from headwater.access.model import OWNER, Principal
from headwater.access.permissions import Permission
from headwater.workspaces import store
from headwater.workspaces.model import Workspace


def own(changes: Changes, by: Principal) -> Workspace:
    """The caller's workspace."""
    with changes.reading() as connection:
        return store.workspace(connection, by.workspace_id)


def rename(changes: Changes, by: Principal, name: str) -> Workspace:
    """Give the caller's workspace another name. Raises ForbiddenError and InvalidError."""
    by.require(Permission.WORKSPACE_ADMIN)
    with changes.change(by) as step:
        before = store.workspace(step.connection, by.workspace_id)
        after = store.rename_workspace(step.connection, by.workspace_id, name)
        if after != before:
            step.record(modified("Workspace", after.id, before, after, name=after.name))
    return after


def create(changes: Changes, by: Principal, name: str) -> Workspace:
    """Make one more workspace, which the caller owns; he must own the one he is in.

    Raises ForbiddenError, also for a token, and BadRequestError.
    """
    by.require(Permission.IAM_ADMIN)
    user = users.own(changes, by)
    with changes.change(by) as step:
        made = store.create_workspace(step.connection, name=name, now=step.now)
        members.put(step.connection, made.id, user.id, OWNER, now=step.now)
        step.record(created("Workspace", made.id, made, name=made.name), workspace_id=made.id)
    return made
