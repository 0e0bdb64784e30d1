"""`headwater webhook`: who sends to webhook sources."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from headwater.cli.connection import call
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.source_of import source_id

app = App(
    name="webhook", help="Say who sends to webhook sources, and what their requests are signed by."
)

Named = Annotated[str, Parameter(help="The source's name, id or slug.")]


@app.command
def presets(*, options: ClientOptions | None = None) -> None:
    """List the senders that are known, and what their secrets are."""
    with server(settings_of(options)) as connection:
        for each in call(connection, "GET", "/api/webhook-presets")["presets"]:
            print(f"{each['name']:12} {each['title']}: {each['secret']}")


@app.command(name="set")
def set_(
    source: Named,
    preset: Annotated[str, Parameter(help="One of `headwater webhook presets`.")],
    /,
    *,
    secret: Annotated[
        str, Parameter(help="The secret; by default the first line of standard input.")
    ] = "",
    mapping: Annotated[
        Path | None,
        Parameter(help="Of the sender `custom`: what becomes of a request (TOML)."),
    ] = None,
    options: ClientOptions | None = None,
) -> None:
    """Say who sends. From then on a request that is not signed with the secret is refused."""
    given = secret or sys.stdin.readline().strip()
    with server(settings_of(options)) as connection:
        body = {"preset": preset, "secret": given}
        if mapping is not None:
            body["mapping"] = mapping.read_text("utf-8-sig")
        path = f"/api/sources/{source_id(connection, source)}/webhook"
        found = call(connection, "PUT", path, body)["webhook"]
        print(f"{connection.url}{found['path']}")


@app.command
def show(source: Named, /, *, options: ClientOptions | None = None) -> None:
    """Print the address that a source is sent to, and who sends."""
    with server(settings_of(options)) as connection:
        path = f"/api/sources/{source_id(connection, source)}/webhook"
        found = call(connection, "GET", path)["webhook"]
        print(f"{connection.url}{found['path']}  {found['preset'] or 'no sender is set'}")


@app.command
def remove(source: Named, /, *, options: ClientOptions | None = None) -> None:
    """Let a source have no sender: anybody who knows its address may send, to its function."""
    with server(settings_of(options)) as connection:
        call(connection, "DELETE", f"/api/sources/{source_id(connection, source)}/webhook")
