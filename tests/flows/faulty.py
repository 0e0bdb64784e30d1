"""A way to a server on which things go wrong: each request meets the next fault.

    with Faulty(whole.url, [Fault.FAILS, Fault.LOST]) as way:
        client = Client(key, host=way.url)

LOST forwards the request and breaks the connection before the answer: the server has the events,
and the SDK does not know.
"""

import http.client
import threading
from collections.abc import Sequence
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fault(StrEnum):
    """What a request meets."""

    FAILS = "500"
    BUSY = "429"
    """With `Retry-After: 1`."""
    AWAY = "503"
    RESET = "reset"
    """The connection breaks before anything is forwarded."""
    LOST = "lost"
    """The connection breaks after the request was carried out."""
    SLOW = "slow"
    """The answer comes half a second later."""


_DROPPED = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_SLOW_SECONDS = 0.5


class Faulty:
    """Forwards to a server. Only what posts meets faults; `met` is what has happened so far."""

    def __init__(self, url: str, faults: Sequence[Fault]) -> None:
        self._target = urlsplit(url)
        self._faults = list(faults)
        self._lock = threading.Lock()
        self.met: list[Fault | None] = []
        way = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                way.carry(self)

            def do_GET(self) -> None:
                way.carry(self)

            def do_OPTIONS(self) -> None:
                way.carry(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Faulty":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def is_over(self) -> bool:
        """Whether all faults were met."""
        with self._lock:
            return not self._faults

    def carry(self, asked: Any) -> None:
        """Answer one request."""
        body = _body_of(asked)
        fault = self._next() if asked.command == "POST" else None
        if fault in (Fault.FAILS, Fault.BUSY, Fault.AWAY):
            _refuse(asked, int(fault), fault is Fault.BUSY)
            return
        if fault is Fault.RESET:
            asked.close_connection = True
            asked.connection.close()
            return
        status, headers, answer = self._forward(asked, body)
        if fault is Fault.LOST:
            asked.close_connection = True
            asked.connection.close()
            return
        if fault is Fault.SLOW:
            threading.Event().wait(_SLOW_SECONDS)
        _answer(asked, status, headers, answer)

    def _next(self) -> Fault | None:
        with self._lock:
            fault = self._faults.pop(0) if self._faults else None
            self.met.append(fault)
            return fault

    def _forward(self, asked: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        there = http.client.HTTPConnection(self._target.hostname or "", self._target.port or 80)
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in _DROPPED}
        there.request(asked.command, asked.path, body or None, headers)
        answer = there.getresponse()
        found = answer.status, answer.getheaders(), answer.read()
        there.close()
        return found


def _body_of(asked: Any) -> bytes:
    if "chunked" in asked.headers.get("Transfer-Encoding", ""):
        parts = []
        while size := int(asked.rfile.readline().split(b";")[0], 16):
            parts.append(asked.rfile.read(size))
            asked.rfile.readline()
        asked.rfile.readline()
        return b"".join(parts)
    return bytes(asked.rfile.read(int(asked.headers.get("Content-Length") or 0)))


def _refuse(asked: Any, status: int, is_busy: bool) -> None:
    origin = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "Retry-After"),
    ]
    headers = [*origin, ("Retry-After", "1")] if is_busy else origin
    body = b'{"success":false,"code":"fault","message":"a fault on the way"}'
    _answer(asked, status, [("Content-Type", "application/json"), *headers], body)


def _answer(asked: Any, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
    asked.send_response(status)
    for name, value in headers:
        if name.lower() not in _DROPPED:
            asked.send_header(name, value)
    if status != 204:
        asked.send_header("Content-Length", str(len(body)))
    asked.end_headers()
    if asked.command != "HEAD":
        asked.wfile.write(body)
