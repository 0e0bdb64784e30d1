"""The first start: a workspace, and a token that may do everything in it."""

from headwater.access import tokens
from headwater.access.audit import created
from headwater.access.changes import Changes
from headwater.access.model import OWNER, system
from headwater.workspaces import store


def is_first(changes: Changes) -> bool:
    """Whether there is no workspace yet."""
    with changes.reading() as connection:
        return not store.workspaces(connection)


def begin(changes: Changes, *, admin_token: str) -> str | None:
    """Make the default workspace and its first owner's token, where there is none yet.

    Returns the token's secret when it was made now, and None later.
    """
    with changes.change(system("")) as step:
        if store.workspaces(step.connection):
            return None
        workspace = store.create_workspace(step.connection, name="Default", now=step.now)
        token, secret = tokens.insert_token(
            step.connection,
            workspace.id,
            name="First owner",
            grants=OWNER,
            created_by="system",
            now=step.now,
            secret=admin_token,
        )
        step.record(
            created("Workspace", workspace.id, workspace, name=workspace.name),
            workspace_id=workspace.id,
        )
        step.record(created("Token", token.id, token, name=token.name), workspace_id=workspace.id)
    return secret
