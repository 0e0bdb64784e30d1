"""Everything that is not tracking goes on to the control role, as a stream in both directions.

The control role listens on a unix socket and trusts what comes from there: the client's address,
scheme and host are set here, never passed on as sent. A client that goes away ends its request
there too, so that its query stops.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

import httpx

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OURS: Final = frozenset(
    {
        b"expect",
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)
_TIMEOUTS: Final = {"connect": 5.0, "pool": 10.0, "read": None, "write": None}
_MOST_CONNECTIONS: Final = 512
_KEPT_SECONDS: Final = 2.0
"""How long an idle connection is used again: shorter than the control role keeps it (5 s), for a
request on one that it is just closing would fail."""


class UnreachableError(Exception):
    """The control role does not answer; nothing was sent to the client yet."""


class _ClientGoneError(Exception):
    """The client closed its connection, or stopped sending its body."""


class Caller:
    """Who asks: the address, scheme and host that the control role is told."""

    __slots__ = ("host", "ip", "scheme")

    def __init__(self, ip: str, scheme: str, host: str) -> None:
        self.ip = ip
        self.scheme = scheme
        self.host = host

    def headers(self) -> list[Header]:
        said = [
            (b"x-forwarded-for", self.ip.encode("latin-1", "replace")),
            (b"x-forwarded-proto", self.scheme.encode()),
            (b"x-forwarded-host", self.host.encode("latin-1", "replace")),
        ]
        return [(name, value) for name, value in said if value]


class _Body(httpx.AsyncByteStream):
    """The request's body as it arrives; each part must come within `patience` seconds."""

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive = receive
        self._patience = patience
        self.ended = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            try:
                async with asyncio.timeout(self._patience):
                    message = await self._receive()
            except TimeoutError:
                raise _ClientGoneError from None
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            more = message.get("more_body", False)
            if part := message.get("body", b""):
                yield part
        self.ended.set()


class Forwarder:
    """Hands requests to the control role's unix socket over kept connections."""

    def __init__(
        self,
        socket: Path,
        *,
        body_timeout_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience = body_timeout_seconds
        limits = httpx.Limits(
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=64,
            keepalive_expiry=_KEPT_SECONDS,
        )
        self._transport = transport or httpx.AsyncHTTPTransport(uds=str(socket), limits=limits)
        self._streams: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        await self._transport.aclose()

    def end_event_streams(self) -> None:
        """End the answers that have no end of their own (server-sent events), to stop."""
        for task in self._streams:
            task.cancel()

    async def forward(
        self, scope: Mapping[str, Any], receive: Receive, send: Send, caller: Caller
    ) -> None:
        """Pass one request on and its answer back. Raises UnreachableError."""
        body = _Body(receive, self._patience)
        if not _has_body(scope["headers"]):
            body.ended.set()
        exchange = asyncio.create_task(self._exchange(scope, body, send, caller))
        watch = asyncio.create_task(_until_gone(body, receive))
        try:
            await asyncio.wait({exchange, watch}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()
            if not exchange.done():
                exchange.cancel()
            await asyncio.wait({exchange, watch})
        if not exchange.cancelled() and (error := exchange.exception()):
            if isinstance(error, _ClientGoneError):
                return
            raise error

    async def _exchange(
        self, scope: Mapping[str, Any], body: _Body, send: Send, caller: Caller
    ) -> None:
        request = _request(scope, body, caller)
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.TransportError as error:
            raise UnreachableError(str(error)) from error
        try:
            await self._answer(response, send)
        except httpx.TransportError:
            # The answer stays unfinished: the server closes the connection, which tells the client.
            return
        finally:
            await response.aclose()

    async def _answer(self, response: httpx.Response, send: Send) -> None:
        headers = response.headers.raw
        dropped = _HOP_BY_HOP | {b"server", b"date"}
        kept = [(name.lower(), value) for name, value in headers if name.lower() not in dropped]
        await send({"type": "http.response.start", "status": response.status_code, "headers": kept})
        task = asyncio.current_task()
        is_event_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        if is_event_stream and task is not None:
            self._streams.add(task)
            task.add_done_callback(self._streams.discard)
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("the transport is not asynchronous")
        async for part in stream:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _request(scope: Mapping[str, Any], body: _Body, caller: Caller) -> httpx.Request:
    headers: list[Header] = scope["headers"]
    named = _named_by_connection(headers)
    # Blanks around a value are no part of it, and a client of ours may not send them.
    kept = [
        (name, value.strip(b" \t"))
        for name, value in headers
        if name not in _HOP_BY_HOP and name not in _OURS and name not in named
    ]
    has_body = _has_body(headers)
    if has_body and not any(name == b"content-length" for name, _ in kept):
        kept.append((b"transfer-encoding", b"chunked"))
    if not any(name == b"host" for name, _ in kept):
        kept.append((b"host", b"localhost"))
    target: bytes = scope["raw_path"]
    if query := scope["query_string"]:
        target += b"?" + query
    return httpx.Request(
        scope["method"],
        "http://control/",
        headers=kept + caller.headers(),
        stream=body if has_body else httpx.ByteStream(b""),
        extensions={"timeout": _TIMEOUTS, "target": target},
    )


def _has_body(headers: Iterable[Header]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def _named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    """The headers that the client's Connection header claims for its own hop."""
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name == b"connection"
        for part in value.split(b",")
    )


async def _until_gone(body: _Body, receive: Receive) -> None:
    """Return when the client has gone after its whole body was read."""
    await body.ended.wait()
    while (await receive())["type"] != "http.disconnect":
        pass
