"""People in the tests of the API, each with a session in a browser."""

from starlette.testclient import TestClient

from headwater.access import accounts, members, sessions
from headwater.access.model import Grant, system
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.workspaces import store


def enter(context: Context, workspace_id: str, email: str, *grants: Grant) -> TestClient:
    """A person who is signed in, with these grants; made without the cost of a password."""
    with context.changes.change(system(workspace_id)) as step:
        user = accounts.create(
            step.connection, email=email, name=email, password_hash="none", now=step.now
        )
        members.put(step.connection, workspace_id, user.id, grants, now=step.now)
        _, secret = sessions.begin(
            step, user.id, workspace_id=workspace_id, address="192.0.2.1", browser="Firefox"
        )
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "Sec-Fetch-Site": "same-origin",
        "Cookie": f"headwater_session={secret}",
    }
    return TestClient(application(context), headers=headers, raise_server_exceptions=False)


def another_workspace(context: Context) -> str:
    """The id of one more workspace."""
    with context.changes.change(system("")) as step:
        return store.create_workspace(step.connection, name="Charlie's", now=step.now).id
