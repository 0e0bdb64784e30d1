"""The frame of the control API: what a route declares, and what its handler is handed.

A noun's file (`sources.py`, `query.py`, …) exports `ROUTES`, a tuple of `ApiRoute`; its line in
`application.py` serves them. A handler is `async def handle(call: Call) -> Response`; errors of
`headwater.errors` that it raises become the envelope of `errors.py`.

A route's `Doc` names the structs of its query, its body and its answer. The OpenAPI document
(`openapi.py`) is made of these, so what a handler reads and writes is what is documented.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from headwater.access.changes import Changes
from headwater.access.model import Principal, Rule
from headwater.api import dialects
from headwater.backends import Backends
from headwater.errors import BadRequestError, UnauthorizedError
from headwater.kit.clock import Clock
from headwater.kit.vault import Vault, open_vault
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
    backends: Backends

    @cached_property
    def vault(self) -> Vault:
        """What seals secrets."""
        return open_vault(self.settings.data_dir, self.settings.secret_key)


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
        """A parameter of the route's path, with the slashes that it may hold (see paths.py)."""
        return unquote(str(self.request.path_params[name]))

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the query; the last where it is given several times."""
        return self.request.query_params.get(name, default)

    def asked(self, kind: type[_T]) -> _T:
        """The query as this struct, in any client's dialect. Raises InvalidError."""
        return dialects.read(self.request.query_params.multi_items(), kind)

    async def body(self, kind: type[_T]) -> _T:
        """The JSON body as this type.

        Raises InvalidError, which names the field, and BadRequestError where it is not JSON.
        """
        _require_json(self.request)
        try:
            return msgspec.json.decode(await self._read(), type=kind)
        except msgspec.ValidationError as error:
            raise dialects.refusal(error, "The body", code="invalid_body") from error
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
class Doc:
    """What the reference says of a route.

    `query`, `body` and `answer` are msgspec types: of the query's parameters, of the JSON body,
    and of the whole JSON answer (`Data[…]` where it is in Segment's envelope). An answer that is
    not JSON has its content types in `media`. `operation` is the operation's name in Segment's
    clients; our own routes need none. `errors` are statuses beside those that follow from the
    route itself (401 and 403 from its access rule, 404 from a parameter in its path, …). What more
    there is to say is the handler's docstring.
    """

    summary: str
    tag: str = ""
    operation: str = field(default="", kw_only=True)
    query: Any = field(default=None, kw_only=True)
    body: Any = field(default=None, kw_only=True)
    answer: Any = field(default=None, kw_only=True)
    status: int = field(default=200, kw_only=True)
    media: Sequence[str] = field(default=(), kw_only=True)
    errors: Sequence[int] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class ApiRoute:
    """A method of a path, who may call it, what answers it, and what it is."""

    method: str
    path: str
    access: Rule
    handle: Handler
    doc: Doc = Doc("")


class Data(msgspec.Struct, Generic[_T], frozen=True):
    """Segment's envelope of an answer."""

    data: _T


class Status(msgspec.Struct, frozen=True):
    """That it was done."""

    status: Literal["SUCCESS"] = "SUCCESS"


DONE: Final = Data(Status())
"""The answer to a removal, which is never empty: Segment's clients want this one."""


def answer(value: object, status: int = 200) -> Response:
    """A JSON answer of a msgspec-encodable value, such as the struct that the route documents."""
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
