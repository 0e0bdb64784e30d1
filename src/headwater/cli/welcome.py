"""`headwater welcome`: a first source, and how to send a first event to it."""

from headwater.cli.connection import call, require
from headwater.cli.options import ClientOptions, settings_of

_EVENT = '{"userId": "u1", "event": "Order Completed", "properties": {"revenue": 42}}'

_TEXT = """
  Console     {url}/
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
    print(_TEXT.format(url=connection.url, key=key, name=name, event=_EVENT), flush=True)
