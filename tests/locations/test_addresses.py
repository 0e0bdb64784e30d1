"""Files at HTTP addresses: at a real server, which does what servers do."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from headwater.errors import LocationError
from tests.locations.conftest import EVENT, Tracking, Watch, rows


class Server:
    """What is served, and what was asked for."""

    def __init__(self) -> None:
        self.body = rows("a", "b").encode()
        self.headers: dict[str, str] = {"ETag": '"1"'}
        self.answers: list[Any] = []
        """What to do first: a status with headers, or "cut": half of the body, and no more."""
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.has_head = True
        self.url = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        server = self.state
        server.asked.append((self.command, self.path, dict(self.headers)))
        if not with_body and not server.has_head:
            self._say(405, {}, b"")
            return
        if self.path == "/moved.csv":
            self._say(302, {"Location": f"{server.url}/orders.csv"}, b"")
            return
        wish = server.answers.pop(0) if with_body and server.answers else None
        if isinstance(wish, tuple):
            self._say(wish[0], wish[1], b"")
            return
        body, status, more = server.body, 200, dict(server.headers)
        asked = self.headers.get("Range", "")
        if asked and self.headers.get("If-Range") == server.headers.get("ETag"):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            more["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        self._say(status, more, body if with_body else b"", len(body), cut=wish == "cut")

    def _say(
        self,
        status: int,
        headers: dict[str, str],
        body: bytes,
        length: int = 0,
        *,
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()
    handler = type("Own", (Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        state.url = f"http://127.0.0.1:{http.server_address[1]}"
        yield state
        http.shutdown()
        thread.join()


def where(server: Server, path: str = "/orders.csv") -> str:
    return f'url = "{server.url}{path}"\n[location.headers]\nAuthorization = "Bearer t"'


def test_a_file_is_fetched_when_its_etag_is_new(
    server: Server, tracking: Tracking, watch: Watch
) -> None:
    assert watch(where(server)).imported == 1
    assert watch(where(server)).files == 0
    assert [method for method, _, _ in server.asked] == ["HEAD", "GET", "HEAD"]
    assert {headers["Authorization"] for _, _, headers in server.asked} == {"Bearer t"}
    server.body, server.headers = rows("c").encode(), {"ETag": '"2"'}
    assert watch(where(server)).imported == 1
    assert tracking.users() == ["a", "b", "c"]


@pytest.mark.parametrize("headers", [{"Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"}, {}])
def test_without_an_etag_the_date_or_the_content_tells(
    server: Server, tracking: Tracking, watch: Watch, headers: dict[str, str]
) -> None:
    server.headers, server.has_head = headers, False
    watch(where(server))
    assert watch(where(server)).imported == 0
    server.body = rows("c").encode()
    if headers:
        server.headers = {"Last-Modified": "Wed, 21 Oct 2026 08:00:00 GMT"}
    assert watch(where(server)).imported == 1
    assert tracking.users() == ["a", "b", "c"]


def test_what_was_cut_off_goes_on_where_it_was(
    server: Server, tracking: Tracking, watch: Watch
) -> None:
    server.body = ("id,n\n" + "".join(f"u{n},{n}\n" for n in range(20_000))).encode()
    server.answers = ["cut", (503, {"Retry-After": "0"}), "cut", (429, {}), "cut"]
    done = watch(where(server))
    assert done.events == tracking.distinct() == 20_000
    ranges = [headers["Range"] for _, _, headers in server.asked if "Range" in headers]
    half = len(server.body) // 2
    assert ranges[0] == f"bytes={half}-"
    assert ranges[-1] > ranges[0] or len(ranges[-1]) > len(ranges[0])


def test_a_file_that_changes_while_it_is_fetched_is_taken_as_it_is_by_the_next_look(
    server: Server, tracking: Tracking, watch: Watch
) -> None:
    server.answers = ["cut", (200, {"ETag": '"2"'})]
    assert watch(where(server)).imported == 0
    server.headers = {"ETag": '"2"'}
    assert watch(where(server)).imported == 1
    assert tracking.users() == ["a", "b"]


def test_redirects_are_followed_and_a_missing_file_is_none(
    server: Server, tracking: Tracking, watch: Watch
) -> None:
    server.answers = [(404, {})]
    assert watch(where(server, "/moved.csv")).imported == 0
    assert watch(where(server, "/moved.csv"), mapping="[file]\nformat = 'csv'\n" + EVENT).imported
    assert tracking.users() == ["a", "b"]


def test_what_is_refused_is_told_without_its_query(server: Server, watch: Watch) -> None:
    server.answers = [(401, {})] * 4
    done = watch(where(server, "/orders.csv?token=hidden"))
    assert done.failed == 1
    assert "401" in done.problems[0]
    assert "hidden" not in done.problems[0]
    with pytest.raises(LocationError, match="cannot be reached"):
        watch('url = "http://127.0.0.1:9/none.csv"')
