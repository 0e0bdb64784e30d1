"""The collector on a real socket: HTTP's edges, time, bounds, and a clean stop."""

import base64
import json
import socket
import threading
from collections.abc import Callable

import httpx
import pytest

from tests.collect.conftest import Collector, head_of, read_all
from tests.collect.door import KEY

Start = Callable[..., Collector]

BODY = b'{"userId":"u","event":"Signed Up"}'
AUTH = b"Authorization: Basic " + base64.b64encode(f"{KEY}:".encode()) + b"\r\n"


def post(body: bytes = BODY, more: bytes = b"", path: bytes = b"/v1/track") -> bytes:
    head = b"POST %s HTTP/1.1\r\nHost: x\r\n%s%sContent-Length: %d\r\n\r\n"
    return head % (path, AUTH, more, len(body)) + body


LAST = b"Connection: close\r\n"


def test_an_event_is_answered_whole_and_is_in_the_log(start: Start) -> None:
    collector = start()
    status, headers, body = head_of(collector.said(post(more=LAST)))
    assert status == 200
    assert json.loads(body) == {"success": True}
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == str(len(body))
    assert headers["access-control-allow-origin"] == "*"
    assert "date" in headers
    assert "server" not in headers
    assert collector.writer.bodies == [BODY]


def test_a_connection_carries_many_requests_of_every_kind(start: Start) -> None:
    collector = start()
    with httpx.Client(base_url=collector.url, auth=(KEY, ""), timeout=30) as client:
        for _ in range(3):
            assert client.post("/v1/track", content=BODY).json() == {"success": True}
            assert client.post("/v1/track", content=b"{").status_code == 400
            assert client.get("/health/live").status_code == 200
            assert client.options("/v1/track", headers={"Origin": "http://a"}).status_code == 200
            head = client.head(f"/v1/projects/{KEY}/settings")
            assert (head.status_code, head.content) == (200, b"")
            assert int(head.headers["content-length"]) > 100
    assert len(collector.writer.records) == 3


def test_pipelined_requests_are_answered_in_their_order(start: Start) -> None:
    collector = start()
    bad = post(b"{")
    answer = collector.said(post() + bad + post() + post(more=LAST))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400", b"200", b"200"]
    assert len(collector.writer.records) == 3


def test_a_body_in_small_pieces_and_in_chunks_is_whole(start: Start) -> None:
    collector = start()
    with collector.connect() as connection:
        for byte in post(more=LAST):
            connection.sendall(bytes([byte]))
        assert b" 200 " in read_all(connection)
    chunked = b"POST /v1/track HTTP/1.1\r\nHost: x\r\n" + AUTH + LAST
    chunked += b"Transfer-Encoding: chunked\r\n\r\n"
    chunks = b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % (len(BODY) - 5) + BODY[5:] + b"\r\n0\r\n"
    assert b" 200 " in collector.said(chunked + chunks + b"X-Trailer: x\r\n\r\n")
    assert collector.writer.bodies == [BODY, BODY]


def test_a_client_that_asks_first_is_told_to_go_on(start: Start) -> None:
    collector = start()
    with collector.connect() as connection:
        request = post(more=LAST + b"Expect: 100-continue\r\n")
        connection.sendall(request[: -len(BODY)])
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert b" 200 " in read_all(connection)


def test_http_1_0_is_answered_and_closed(start: Start) -> None:
    request = post().replace(b"HTTP/1.1", b"HTTP/1.0")
    status, headers, _ = head_of(start().said(request))
    assert status == 200
    assert headers["connection"] == "close"


def test_an_offered_upgrade_is_not_taken_and_the_event_is(start: Start) -> None:
    collector = start()
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    with collector.connect() as connection:
        for _ in range(2):
            connection.sendall(post(more=offer))
            assert b" 200 " in connection.recv(1000)
    assert collector.writer.bodies == [BODY, BODY]


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/track HTTP/9.9\r\n\r\n",
        b"POST /v1/tr\xffack HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/track HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/track HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_refused_in_the_usual_envelope(start: Start, request_: bytes) -> None:
    status, headers, body = head_of(start(header_timeout_seconds=2).said(request_))
    assert status in (400, 404, 408)
    assert headers["access-control-allow-origin"] == "*"
    assert json.loads(body)["success"] is False


def test_a_head_without_end_is_refused(start: Start) -> None:
    collector = start()
    with collector.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        answer = b""
        try:
            for _ in range(100_000):
                connection.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")
        except OSError:
            answer = b"cut off"
    assert answer == b"cut off"


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"", None), (b"POST /v1/track HTTP/1.1\r\nHost: x\r\n", 408), (b"\r\n", 408)],
)
def test_a_head_that_never_ends_is_cut_off(start: Start, sent: bytes, status: int | None) -> None:
    answer = start(header_timeout_seconds=1).said(sent)
    assert head_of(answer)[0] == status if status else answer == b""


def test_a_second_head_that_never_ends_is_cut_off_too(start: Start) -> None:
    answer = start(header_timeout_seconds=1).said(post() + b"POST /v1/tr")
    assert answer.count(b"HTTP/1.1 ") == 2
    assert b" 408 " in answer


def test_a_body_that_never_ends_is_cut_off(start: Start) -> None:
    collector = start(body_timeout_seconds=0.2)
    for begun in (post()[:-1], post()[: -len(BODY)]):
        status, headers, body = head_of(collector.said(begun))
        assert status == 408
        assert json.loads(body)["code"] == "body_too_slow"
        assert headers["connection"] == "close"
    assert collector.writer.records == []


def test_an_idle_connection_is_closed_after_a_while(start: Start) -> None:
    assert start(keep_alive_seconds=0.2).said(post()).count(b" 200 ") == 1


def test_a_body_beyond_the_limit_is_refused_with_400_that_its_sender_sees(start: Start) -> None:
    collector = start(max_request_bytes=10_000)
    for size in (10_001, 3_000_000):
        answer = httpx.post(
            f"{collector.url}/v1/batch", content=b" " * size, auth=(KEY, ""), timeout=30
        )
        assert answer.status_code == 400
        assert answer.json()["code"] == "request_too_large"


def test_more_connections_than_admitted_are_told_so(start: Start) -> None:
    collector = start(max_connections=16)
    held = [collector.connect() for _ in range(16)]
    for connection in held:
        connection.sendall(post())
        assert b" 200 " in connection.recv(1000)
    with collector.connect() as extra:
        status, headers, body = head_of(read_all(extra))
    assert status == 503
    assert int(headers["retry-after"]) >= 1
    assert headers["access-control-allow-origin"] == "*"
    assert json.loads(body)["code"] == "too_many_connections"
    for connection in held:
        connection.close()


def test_a_client_that_goes_away_leaves_no_trace_but_its_event(start: Start) -> None:
    collector = start()
    collector.writer.hold()
    with collector.connect() as connection:
        connection.sendall(post())
        assert collector.writer.appending.acquire(timeout=30)
    collector.writer.let_go(all_of_them=True)
    assert b" 200 " in collector.said(post(more=LAST))
    assert collector.writer.bodies == [BODY, BODY]


def test_a_stop_answers_what_is_under_way_and_commits_it(start: Start) -> None:
    collector = start()
    collector.writer.hold()
    answers: list[int] = []

    def send() -> None:
        answer = httpx.post(f"{collector.url}/v1/track", content=BODY, auth=(KEY, ""), timeout=30)
        answers.append(answer.status_code)

    sender = threading.Thread(target=send)
    sender.start()
    assert collector.writer.appending.acquire(timeout=30)
    collector.begin_to_stop()
    collector.stop()
    sender.join(30)
    assert answers == [200]
    assert collector.writer.bodies == [BODY]
    assert collector.writer.closed == 1
    with pytest.raises(OSError):  # noqa: PT011 (refused or reset, by the system's choice)
        socket.create_connection(("127.0.0.1", collector.port), timeout=5).recv(1)
