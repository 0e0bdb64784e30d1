"""`headwater welcome`: a first source, and how to send a first event to it."""

from urllib.parse import quote

from headwater.cli.connection import Connection, call, require
from headwater.cli.options import ClientOptions, settings_of

_EVENT = '{"userId": "u1", "event": "Order Completed", "properties": {"revenue": 42}}'

_TEXT = """
  Console     {console}
  Write key   {key}   (source "{name}")

  Send a first event:

    curl {url}/v1/track -u {key}: -H 'Content-Type: application/json' -d '{event}'

  and ask for it, in this folder:

    .venv/bin/headwater query "SELECT COUNT(*) FROM order_completed"
"""


def welcome(*, options: ClientOptions | None = None) -> None:
    """Make a first source if there is none, and say how to send a first event to it."""
    connection = require(settings_of(options))
    sources = call(connection, "GET", "/api/sources")["sources"]
    if not sources:
        body = {"name": "My first source", "type": "server"}
        sources = [call(connection, "POST", "/api/sources", body)["source"]]
    first = sources[0]
    key, name = first["writeKeys"][-1], first["name"]
    console = _console(connection)
    text = _TEXT.format(url=connection.url, console=console, key=key, name=name, event=_EVENT)
    print(text, flush=True)


def _console(connection: Connection) -> str:
    """Where the console is; with the link that makes the first owner, until there is one."""
    if call(connection, "GET", "/api/setup")["isNeeded"]:
        return f"{connection.url}/setup?token={quote(connection.token)}"
    return f"{connection.url}/"
