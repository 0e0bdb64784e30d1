"""Paths as clients build them.

A base address with a slash at its end makes `/api//sources`; a label's value may hold a slash,
which comes as `%2F` and ends no part of the path.
"""

import re
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile(r"/{2,}")


class TidyPaths:
    """Serves a path with doubled or trailing slashes as the one without them.

    In the path that it passes on, `/` and `%` inside a part stay quoted: `Call.path` unquotes them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": tidy(scope.get("raw_path"), scope["path"])}
        await self._app(scope, receive, send)


def tidy(raw: bytes | None, path: str) -> str:
    """The path to serve, from the one of the request line (decoded, where that is not known).

    >>> tidy(b"/api//labels/team/a%2Fb%25/", "")
    '/api/labels/team/a%2Fb%25'
    """
    if raw is None or not raw.startswith(b"/"):
        parts = path.replace("%", "%25").split("/")
    else:
        text = raw.partition(b"?")[0].decode("latin-1")
        parts = [_quoted(part) for part in text.split("/")]
    return _SLASHES.sub("/", "/".join(parts)).rstrip("/") or "/"


def _quoted(part: str) -> str:
    if "%" not in part:
        return part
    return unquote(part).replace("%", "%25").replace("/", "%2F")
