"""`headwater snippet`: the code that makes a web page send its events."""

import json
from typing import Annotated, Any, Literal

import httpx
import msgspec
from cyclopts import Parameter

from headwater.cli.connection import Connection, call, require
from headwater.cli.options import ClientOptions, settings_of
from headwater.errors import NotFoundError, UnavailableError
from headwater.tracker.snippet import Code, address_of

Form = Literal["snippet", "tag", "integrity", "policy", "json"]


def snippet(
    *,
    source: Annotated[str, Parameter(help="The source's id, slug or name.")],
    form: Annotated[
        Form,
        Parameter(
            help="The inline snippet, one tag without inline script, the script's hash, what a "
            "content security policy must allow, or all of it as JSON."
        ),
    ] = "snippet",
    options: ClientOptions | None = None,
) -> None:
    """Print the code that loads the browser tracker, for a source of a running server."""
    connection = require(settings_of(options))
    found = _code(connection, _write_key(connection, source))
    if form == "json":
        print(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        print(found.content_security_policy if form == "policy" else getattr(found, form))


def _write_key(connection: Connection, name: str) -> str:
    sources: list[dict[str, Any]] = call(connection, "GET", "/api/sources?pagination.count=1000")[
        "sources"
    ]
    for each in sources:
        if name in (each["id"], each["slug"], each["name"]) and each["writeKeys"]:
            return str(each["writeKeys"][-1])
    raise NotFoundError(
        f"There is no source {name!r}.", hint="`headwater source list` lists the sources."
    )


def _code(connection: Connection, write_key: str) -> Code:
    """The code as the server itself tells it, for it knows at which address pages reach it."""
    address = address_of(connection.url, write_key, "snippet.json")
    try:
        answer = httpx.get(address, timeout=60).raise_for_status()
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"{connection.url} does not say how it is loaded: {error}.",
            hint="Check that it runs, and try again in a moment.",
        ) from error
    return msgspec.json.decode(answer.content, type=Code)
