"""`headwater user`: invite people and list them; give somebody who forgot it a new password."""

import getpass
import json
import sys
from typing import Annotated

from cyclopts import App, Parameter

from headwater.access import recovery
from headwater.app.state import open_state
from headwater.cli.connection import call, require
from headwater.cli.granted import Resources, permissions_of
from headwater.cli.options import ClientOptions, DataOptions, settings_of
from headwater.cli.private_server import server
from headwater.kit.claim import Claim
from headwater.kit.clock import SystemClock

app = App(name="user", help="Invite and list people; reset a password.")


@app.command
def invite(
    email: Annotated[str, Parameter(help="Whom to invite.")],
    /,
    *,
    role: Annotated[
        list[str] | None, Parameter(help="A role to give, by name or id; several may be given.")
    ] = None,
    resources: Resources | None = None,
    options: ClientOptions | None = None,
) -> None:
    """Invite somebody and print the link to pass on: it is good once, for a week.

    Without a role the invited may sign in and sees nothing; see `GET /api/roles` for the roles.
    """
    connection = require(settings_of(options))
    given = permissions_of(connection, role or ["Minimal User"], resources)
    body = {"invites": [{"email": email, "permissions": given}]}
    [link] = call(connection, "POST", "/api/invites", body)["links"]
    print(link["url"])


@app.command(name="list")
def list_(*, options: ClientOptions | None = None) -> None:
    """Print the users and those invited as JSON."""
    with server(settings_of(options)) as connection:
        users = call(connection, "GET", "/api/users?pagination.count=1000")["users"]
        invited = call(connection, "GET", "/api/invites?pagination.count=1000")["invites"]
    shown = {
        "users": [
            {**user, "permissions": [each["roleName"] for each in user["permissions"]]}
            for user in users
        ],
        "invited": invited,
    }
    print(json.dumps(shown, ensure_ascii=False, indent=2))


@app.command
def password(
    email: Annotated[str, Parameter(help="Whose password it is.")],
    /,
    *,
    options: DataOptions | None = None,
) -> None:
    """Give somebody a new password, which is asked for, or read from standard input.

    The server must be stopped: whoever may do this has the data folder itself.
    """
    settings = settings_of(options)
    with Claim(settings.data_dir), open_state(settings, SystemClock()) as changes:
        recovery.set_password(changes, email, _asked())
    print(f"{email} signs in with the new password; all sessions have ended.", file=sys.stderr)


def _asked() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("New password: ")
    return sys.stdin.readline().rstrip("\n")
