"""`headwater token`: make, list and revoke API tokens."""

from datetime import timedelta
from typing import Annotated

from cyclopts import App, Parameter

from headwater.cli.connection import call
from headwater.cli.granted import Resources, permissions_of
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.printing import print_json
from headwater.cli.private_server import server
from headwater.errors import BadRequestError
from headwater.kit.clock import SystemClock, isoformat

app = App(name="token", help="Make, list and revoke API tokens.")

_DAY = timedelta(days=1) // timedelta(microseconds=1)


@app.command
def create(
    *,
    name: Annotated[str, Parameter(help="What people know the token by.")],
    role: Annotated[
        list[str], Parameter(help="A role to give, by name or id; several may be given.")
    ],
    days: Annotated[
        float | None, Parameter(help="How long it lasts; until it is revoked, if not given.")
    ] = None,
    resources: Resources | None = None,
    options: ClientOptions | None = None,
) -> None:
    """Make an API token and print it as JSON with its `secret`, which is shown this once."""
    if days is not None and not 0 < days <= 36_500:
        raise BadRequestError(f"--days must be more than 0 and at most 36500, not {days:g}.")
    expires_at = None if days is None else isoformat(SystemClock().now() + round(days * _DAY))
    with server(settings_of(options)) as connection:
        body = {
            "name": name,
            "permissions": permissions_of(connection, role, resources),
            "expiresAt": expires_at,
        }
        made = call(connection, "POST", "/api/tokens", body)
    print_json({**made["token"], "secret": made["secret"]})


@app.command(name="list")
def list_(*, options: ClientOptions | None = None) -> None:
    """Print the API tokens as JSON, without their secrets."""
    with server(settings_of(options)) as connection:
        found = call(connection, "GET", "/api/tokens?pagination.count=1000")["tokens"]
    print_json(found)


@app.command
def revoke(
    token: Annotated[str, Parameter(help="The token's id.")],
    /,
    *,
    options: ClientOptions | None = None,
) -> None:
    """Make an API token useless from its next call on."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", f"/api/tokens/{token}")
