"""uvicorn's HTTP protocol with the bounds that it lacks: on heads, on time, on connections."""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from headwater.collect import cors
from headwater.collect.answers import CLOSE, Answer, Headers, failure, refusal
from headwater.collect.exchange import NAME, Exchange, lines, status_line, whole
from headwater.collect.quick import QuickCycle, Take
from headwater.collect.routes import EXACT
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

    def __init__(self, app: Any, take: Take, bounds: Bounds, **options: Any) -> None:
        super().__init__(app, http=BoundedProtocol, **options)
        self.take = take
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
        # The request on the short way whose body is not whole yet.
        self._quick: QuickCycle | None = None
        # When the last answer was given; None while a request is under way.
        self._idle_since: float | None = None
        # Whether a request came to its end in the data received last.
        self._has_ended_one = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > self.config.bounds.max_connections:
            self._refuse(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._idle_since = None
        self._has_ended_one = False
        if self._head_since is not None:
            self._head_bytes += len(data)
        if data.find(b"pgrade", 0, _SEARCHED) >= 0 and self._awaits_head():
            data = _without_upgrade(data)
        super().data_received(data)
        if self._quick is not None:
            self._go_the_long_way(self._quick)
        if self._head_since is not None:
            if self._head_bytes > HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
        elif self._awaits_head() and not self._has_ended_one:
            # Something came between two requests: a head must follow it.
            self._head_since = self.loop.time()

    def _awaits_head(self) -> bool:
        return self._head_since is not None or self.cycle is None or self.cycle.response_complete

    def on_message_begin(self) -> None:
        # uvicorn's scope is made in `_begin`, for those that go its way.
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
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
        path, _, query = self.url.partition(b"?")
        route = EXACT.get(path)
        if route is None or not self._is_usual():
            self._begin()
            return
        keep_alive = self.parser.should_keep_alive()
        self._quick = QuickCycle(self, route, query, keep_alive=keep_alive)
        self.cycle = self._quick  # type: ignore[assignment]  # in all that uvicorn asks of it

    def _is_usual(self) -> bool:
        """Whether this request is a plain POST that nothing stands before."""
        parser = self.parser
        return (
            parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and not self.expect_100_continue
            and not self.flow.write_paused
            and not parser.should_upgrade()
            and parser.get_http_version() == "1.1"
        )

    def _begin(self) -> None:
        """Begin a request in uvicorn's way."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers = self.scope["headers"] = headers
        super().on_headers_complete()
        self.scope.update({"extensions": {NAME: Exchange(self.cycle)}})  # type: ignore[dict-item]
        if self.parser.should_upgrade():
            # Its offer came in two parts: the parser stops there, and no request can follow.
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        if self._quick is None:
            super().on_body(body)
        else:
            self._quick.body += body

    def on_message_complete(self) -> None:
        self._has_ended_one = True
        quick = self._quick
        if quick is None:
            super().on_message_complete()
            return
        self._quick = None
        peer = self.client[0] if self.client else ""
        quick.start(self.config.take, dict(self.headers), peer, self.scheme or "http")

    def _go_the_long_way(self, quick: QuickCycle) -> None:
        """Hand a request whose body is still to come to uvicorn, with what there is of it."""
        self._quick = None
        self.cycle = None  # type: ignore[assignment]  # as before the first request
        self._begin()
        if quick.body:
            self.on_body(quick.body)

    def write_whole(self, answer: Answer, allowed: Headers, *, keep_alive: bool) -> None:
        """Write the answer to the request on the short way; then the next one may begin."""
        keep_alive = keep_alive and CLOSE not in answer.headers
        default_headers = self.server_state.default_headers
        self.transport.write(whole(answer, allowed, default_headers, keep_alive=keep_alive))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._idle_since = self.loop.time()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's signature)
        self._refuse(_INVALID)

    def close_if_slow(self, now: float) -> None:
        """Close the connection when its next head is overdue at `now` (the loop's time)."""
        idle = self._idle_since
        if idle is not None and now - idle > self.config.timeout_keep_alive:
            self.transport.close()
            return
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
