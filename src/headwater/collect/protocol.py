"""uvicorn's HTTP protocol with the bounds that it lacks: on heads, on time, on connections."""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from headwater.collect import cors
from headwater.collect.answers import CLOSE, Answer, failure, refusal
from headwater.collect.exchange import NAME, Exchange, lines, status_line
from headwater.errors import UnavailableError

HEAD_BYTES: Final = 65_536

_SEARCHED: Final = 8192
_UPGRADE: Final = re.compile(rb"\r\nupgrade[ \t]*:", re.IGNORECASE)

_TOO_MANY: Final = refusal(
    UnavailableError(
        "Too many connections are open.",
        retry_after_seconds=2,
        hint="Close idle connections, or raise max_connections.",
        code="too_many_connections",
    )
)
_INVALID: Final = failure(
    400, "invalid_http", "The request is not HTTP/1.1.", "Send a well-formed HTTP/1.1 request."
)
_HEAD_TOO_LARGE: Final = failure(
    431,
    "head_too_large",
    f"The request's head is larger than {HEAD_BYTES:,} bytes.",
    "Send fewer or shorter headers, and the event in the body.",
)
_HEAD_TOO_SLOW: Final = failure(
    408,
    "head_too_slow",
    "The request's head did not arrive in time.",
    "Send it again on a new connection.",
)


class Bounds(msgspec.Struct, frozen=True):
    """What a connection may take."""

    head_seconds: float
    max_connections: int


class BoundedConfig(uvicorn.Config):
    """uvicorn's configuration with the bounds of its connections."""

    def __init__(self, app: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(app, http=BoundedProtocol, **options)
        self.bounds = bounds


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `close_slow` must be called regularly with all of them."""

    config: BoundedConfig

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # When the head that is awaited began to be; None while none is.
        self._head_since: float | None = self.loop.time()
        self._head_bytes = 0
        self._is_refused = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.config.bounds.max_connections:
            self._refuse(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if self._head_since is not None:
            self._head_bytes += len(data)
        if data.find(b"pgrade", 0, _SEARCHED) >= 0 and self._awaits_head():
            data = _without_upgrade(data)
        super().data_received(data)
        if self._head_since is not None:
            if self._head_bytes > HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
        elif self._awaits_head():
            # Something came between two requests: a head must follow it.
            self._head_since = self.loop.time()

    def _awaits_head(self) -> bool:
        return self._head_since is not None or self.cycle is None or self.cycle.response_complete

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()
            self._head_bytes = 1

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_since is None:
            return  # a trailer after a chunked body: nobody reads those, and they have no bound
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._head_since = None
        self._head_bytes = 0
        super().on_headers_complete()
        self.scope.update({"extensions": {NAME: Exchange(self.cycle)}})  # type: ignore[dict-item]
        if self.parser.should_upgrade():
            # Its offer came in two parts: the parser stops there, and no request can follow.
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's signature)
        self._refuse(_INVALID)

    def close_if_slow(self, now: float) -> None:
        """Close the connection when its head is overdue at `now` (the loop's time)."""
        since = self._head_since
        if since is None or now - since < self.config.bounds.head_seconds:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            return  # an earlier request is still being answered
        if self._head_bytes:
            self._refuse(_HEAD_TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, answer: Answer) -> None:
        self._is_refused = True
        self._unset_keepalive_if_required()
        if not self.transport.is_closing():
            self.transport.write(_written(answer))
            self.transport.close()


def _without_upgrade(data: bytes) -> bytes:
    """The first head in `data` without the offer of an upgrade, which is never taken.

    The parser takes what follows an offered upgrade for another protocol, and would lose the body
    of a client that offers HTTP/2 with each request, as Java's does.
    """
    end = data.find(b"\r\n\r\n")
    head, rest = (data, b"") if end < 0 else (data[:end], data[end:])
    return _UPGRADE.sub(b"\r\nx-offered:", head) + rest


def close_slow(connections: Iterable[object], now: float) -> None:
    """Close every connection whose head is overdue."""
    for connection in list(connections):
        if isinstance(connection, BoundedProtocol):
            connection.close_if_slow(now)


def _written(answer: Answer) -> bytes:
    """An answer as bytes of HTTP, after which the connection closes."""
    headers = (*answer.headers, *cors.ANY, CLOSE)
    return b"%s%s\r\n%s" % (status_line(answer.status), lines(headers), answer.body)
