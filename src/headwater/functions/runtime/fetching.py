"""The requests of functions, made by the parent: bounded, and never to a place that is closed.

A name is resolved here, its addresses are checked, and the connection goes to the address that was
checked: nobody can make the name mean another in between. Redirects are followed by the same way.
"""

import asyncio
import socket
import threading
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import msgspec

from headwater.functions.runtime.model import Limits
from headwater.functions.runtime.wire import Request
from headwater.kit.addresses import FetchPolicy, Gate

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te"}
    | {"trailer", "upgrade", "keep-alive", "expect", "proxy-authorization", "proxy-connection"}
)
_SECRET: Final = frozenset({"authorization", "cookie"})
"""Headers that do not go along to another origin."""
_MOST_REDIRECTS: Final = 5
_AT_ONCE: Final = 100
_HEADER_BYTES: Final = 64_000
_SOCKET_SECONDS: Final = 60.0


class ClosedError(Exception):
    """The request is refused; the message is for the function's author."""


class Fetching:
    """A request under way."""

    def __init__(self, cancel: Callable[[], object]) -> None:
        self.cancel = cancel


class Fetcher:
    """Makes requests for all functions of a process, on a thread of its own."""

    def __init__(self, policy: FetchPolicy, resolve: Resolve | None = None) -> None:
        self._is_on = policy.is_on
        self._gate = Gate(policy)
        self._resolve = resolve or _resolved
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None

    def start(
        self, request: Request, limits: Limits, answered: Callable[[bytes], None]
    ) -> Fetching:
        """Make a request; `answered` is called with its answer, from another thread."""
        if not self._is_on:
            answered(refused("fetch is switched off here."))
            return Fetching(lambda: None)
        work = self._answer(request, limits)
        future = asyncio.run_coroutine_threadsafe(work, self._running())

        def done(made: Any) -> None:
            if not made.cancelled():
                answered(made.result())

        future.add_done_callback(done)
        return Fetching(future.cancel)

    def close(self) -> None:
        """Give up all requests, and the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                bounds = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=20)
                self._client = httpx.AsyncClient(
                    trust_env=False, follow_redirects=False, limits=bounds, timeout=_SOCKET_SECONDS
                )
                thread = threading.Thread(
                    target=_serve,
                    args=(self._loop, self._client),
                    name="functions-fetch",
                    daemon=True,
                )
                thread.start()
            return self._loop

    async def _answer(self, request: Request, limits: Limits) -> bytes:
        """What the function is told, whatever happens."""
        try:
            async with asyncio.timeout(limits.fetch_seconds):
                return await self._fetched(request, limits)
        except TimeoutError:
            return refused(f"No answer within {limits.fetch_seconds:g} s.", "timeout")
        except ClosedError as error:
            return refused(str(error))
        except Exception as error:  # of the network, of TLS, of a header that is none
            return refused(f"fetch failed: {type(error).__name__}: {str(error)[:200]}")

    async def _fetched(self, request: Request, limits: Limits) -> bytes:
        url, method, body = _url(request.url), request.method, _body(request, limits)
        headers = [(n, v) for n, v in request.headers if n.lower() not in _OURS]
        if method not in _METHODS:
            raise ClosedError(f"fetch does not make {method[:20]} requests.")
        for _ in range(_MOST_REDIRECTS + 1):
            status, phrase, answer, content = await self._sent(method, url, headers, body, limits)
            onward = answer.get("location")
            if (
                status not in (301, 302, 303, 307, 308)
                or not onward
                or request.redirect == "manual"
            ):
                return _told(status, phrase, answer, content, str(url))
            if request.redirect == "error":
                raise ClosedError("The answer is a redirect, which was not wanted.")
            before, url = url, _url(str(url.join(onward)))
            if _origin(url) != _origin(before):
                headers = [(n, v) for n, v in headers if n.lower() not in _SECRET]
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, body = "GET", None
                headers = [(n, v) for n, v in headers if not n.lower().startswith("content-")]
        raise ClosedError(f"More than {_MOST_REDIRECTS} redirects.")

    async def _sent(
        self,
        method: str,
        url: httpx.URL,
        headers: list[tuple[str, str]],
        body: bytes | None,
        limits: Limits,
    ) -> tuple[int, str, httpx.Headers, bytes]:
        client = self._client
        assert client is not None
        address = await self._address(url)
        made = client.build_request(
            method,
            url.copy_with(host=address, fragment=None),
            headers=[*headers, ("host", _authority(url)), ("accept-encoding", "identity")],
            content=body,
            extensions={"sni_hostname": url.host},
        )
        if url.username or url.password:
            auth = httpx.BasicAuth(url.username, url.password)
            made = next(auth.auth_flow(made))
        response = await client.send(made, stream=True)
        try:
            content = await _read(response, limits.fetch_response_bytes)
        finally:
            await response.aclose()
        return response.status_code, response.reason_phrase, response.headers, content

    async def _address(self, url: httpx.URL) -> str:
        """The address to connect to: the first of the host's that is open."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(url.host, port)
        except OSError:
            raise ClosedError(f"{url.host} has no address.") from None
        for address in addresses:
            if self._gate.admits(url.host, address):
                return address
        raise ClosedError(
            f"fetch may not reach {url.host}: it is not a public address, and the setting"
            " function_fetch_allowed does not name it."
        )


def _serve(loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient) -> None:
    """Run a loop until it is stopped, and leave nothing open."""
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(client.aclose())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def refused(message: str, name: str = "") -> bytes:
    """The answer that makes `fetch` reject."""
    return msgspec.json.encode({"error": message, "name": name})


async def _resolved(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise ClosedError(f"{text[:100]!r} is no URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ClosedError("fetch takes http: and https: URLs.")
    return url


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _authority(url: httpx.URL) -> str:
    return url.netloc.decode("ascii").rpartition("@")[2]


def _body(request: Request, limits: Limits) -> bytes | None:
    if request.body is None:
        return None
    body = request.body.encode()
    if len(body) > limits.fetch_request_bytes:
        raise ClosedError(f"A request has at most {limits.fetch_request_bytes} bytes.")
    return body


async def _read(response: httpx.Response, most: int) -> bytes:
    """The body, inflated where a server compresses it unasked, and never more than `most`."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "", "gzip", "deflate"):
        raise ClosedError("The answer is compressed in a way that was not asked for.")
    inflate = zlib.decompressobj(47) if encoding in ("gzip", "deflate") else None
    parts, size = [], 0
    async for part in response.aiter_raw():
        piece = inflate.decompress(part, most + 1 - size) if inflate else part
        size += len(piece)
        if size > most:
            raise ClosedError(f"An answer has at most {most} bytes.")
        parts.append(piece)
    return b"".join(parts)


def _told(status: int, phrase: str, headers: httpx.Headers, content: bytes, url: str) -> bytes:
    held = [(name, value) for name, value in headers.multi_items() if len(value) < _HEADER_BYTES]
    told = {
        "status": status,
        "statusText": phrase,
        "headers": held[:200],
        "url": url,
        "text": content.decode("utf-8", "replace"),
    }
    return msgspec.json.encode(told)
