"""The frame of the control API: what a route declares, and what its handler is handed.

A noun's file (`sources.py`, `query.py`, …) exports `ROUTES`, a tuple of `ApiRoute`; its line in
`application.py` serves them. A handler is `async def handle(call: Call) -> Response`; errors of
`headwater.errors` that it raises become the envelope of `errors.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from headwater.access.changes import Changes
from headwater.access.model import Access, Principal
from headwater.errors import BadRequestError, UnauthorizedError
from headwater.kit.clock import Clock
from headwater.ports import Log
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.workspaces.snapshot import PublishedConfiguration

LARGEST_BODY: Final = 1_000_000
"""The largest body of a call, in bytes."""

JSON_TYPES: Final = ("application/json", "application/vnd.segment.")

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the handlers work with; app.py puts it together."""

    settings: Settings
    clock: Clock
    changes: Changes
    log: Log
    published: PublishedConfiguration
    warehouse: RemoteWarehouse


class Call:
    """One call of a route."""

    def __init__(self, request: Request, context: Context, principal: Principal | None) -> None:
        self.request = request
        self.context = context
        self._principal = principal

    @property
    def principal(self) -> Principal:
        """Who asks. Raises UnauthorizedError on a route for anyone, where nobody need be known."""
        if self._principal is None:
            raise UnauthorizedError("This needs an API token.")
        return self._principal

    def path(self, name: str) -> str:
        """A parameter of the route's path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the query; the last where it is given several times."""
        return self.request.query_params.get(name, default)

    async def body(self, kind: type[_T]) -> _T:
        """The JSON body as this type. Raises BadRequestError, which names the field."""
        _require_json(self.request)
        try:
            return msgspec.json.decode(await self._read(), type=kind)
        except msgspec.ValidationError as error:
            raise BadRequestError(
                f"The body cannot be used: {error}.", code="invalid_body"
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequestError(
                f"The body is not JSON: {error}.", code="malformed_json"
            ) from error

    async def _read(self) -> bytes:
        read = bytearray()
        async for chunk in self.request.stream():
            read += chunk
            if len(read) > LARGEST_BODY:
                raise BadRequestError(
                    f"The body is larger than {LARGEST_BODY:,} bytes.", code="body_too_large"
                )
        return bytes(read)


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True)
class ApiRoute:
    """A method of a path, who may call it, and what answers it."""

    method: str
    path: str
    access: Access
    handle: Handler


def answer(value: object, status: int = 200) -> Response:
    """A JSON answer of a msgspec-encodable value."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _require_json(request: Request) -> None:
    # Anything else could be sent by a form on another site with a browser's kept credentials.
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith(JSON_TYPES):
        raise BadRequestError(
            f"The body must be JSON, and its Content-Type is {kind or 'missing'}.",
            hint="Send the header Content-Type: application/json.",
            code="unsupported_media_type",
        )
