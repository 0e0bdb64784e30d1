"""A small HTTP server on a local port, whose answers are an API's."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Request(NamedTuple):
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def first(self, name: str, default: str = "") -> str:
        """A parameter's value."""
        return self.query.get(name, [default])[0]

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class Reply(NamedTuple):
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}
    kind: str = "application/json; charset=utf-8"


Answer = Callable[[Request], Reply]


class Api:
    """An API on a port. `first` are answers that come before its own, one for each request;
    `requests` are those that came."""

    def __init__(self) -> None:
        self.url = ""
        self.first: list[Reply | Callable[[], None]] = []
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def paths(self) -> list[str]:
        """The paths asked for since the last look."""
        found = [request.path for request in self.requests]
        self.requests.clear()
        return found


@contextmanager
def served(api: Api) -> Iterator[None]:
    """Serve an API, whose `url` then is its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            split = urlsplit(self.path)
            request = Request(
                self.command,
                split.path,
                parse_qs(split.query, keep_blank_values=True),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            api.requests.append(request)
            reply: Any = api.first.pop(0) if api.first else api.answer(request)
            if callable(reply):
                reply()
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.kind, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever asked is gone, or was killed."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reset() -> None:
    """An answer that is none: the connection ends."""
