"""What is not tracking streams to the control role and back."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.collect.conftest import Collector

Start = Callable[..., Collector]


async def read_body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer(send: Any, body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says what it was asked."""
    body = await read_body(receive)
    said = {
        "method": scope["method"],
        "path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
        "body": body.decode(),
    }
    await answer(
        send,
        json.dumps(said).encode(),
        (b"content-type", b"application/json"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"x-powered-by", b"control"),
        status=418,
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_a_request_and_its_answer_pass_unaltered(start: Start, method: str) -> None:
    collector = start(echo)
    body = b"" if method == "GET" else '{"名":"值"}'.encode()
    got = httpx.request(
        method,
        f"{collector.url}/api//a%2Fb/%E5%90%8D?x=1&y=%20",
        content=body,
        headers={"Authorization": "Bearer secret", "X-Own": "1", "Cookie": "session=1"},
    )
    said = got.json()
    assert got.status_code == 418
    assert (said["method"], said["path"], said["query"]) == (
        method, "/api//a%2Fb/%E5%90%8D", "x=1&y=%20",
    )  # fmt: skip
    assert said["body"].encode() == body
    sent = dict(said["headers"])
    assert sent["authorization"] == "Bearer secret"
    assert sent["x-own"] == "1"
    assert sent["cookie"] == "session=1"
    assert sent["host"] == f"127.0.0.1:{collector.port}"
    assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert got.headers["x-powered-by"] == "control"
    assert "access-control-allow-origin" not in got.headers


def test_who_asks_is_told_by_the_collector_alone(start: Start) -> None:
    collector = start(echo)
    forged = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "198.51.100.1",
        "Forwarded": "for=198.51.100.1",
    }
    said = dict(httpx.get(f"{collector.url}/api", headers=forged).json()["headers"])
    assert said["x-forwarded-for"] == "unknown, 127.0.0.1"
    assert said["x-forwarded-proto"] == "http"
    assert said["x-forwarded-host"] == f"127.0.0.1:{collector.port}"
    assert "x-real-ip" not in said
    assert "forwarded" not in said


def test_a_trusted_proxys_word_is_passed_on(start: Start) -> None:
    collector = start(echo, trusted_proxies=["127.0.0.1"])
    forwarded = {
        "X-Forwarded-For": "198.51.100.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "data.example",
    }
    said = dict(httpx.get(f"{collector.url}/api", headers=forwarded).json()["headers"])
    assert said["x-forwarded-for"] == "198.51.100.1"
    assert said["x-forwarded-proto"] == "https"
    assert said["x-forwarded-host"] == "data.example"


def test_the_headers_of_one_hop_are_not_passed_on(start: Start) -> None:
    collector = start(echo)
    hop = {"Connection": "keep-alive, X-Secret", "X-Secret": "1", "TE": "trailers", "X-Kept": "1"}
    said = dict(httpx.get(f"{collector.url}/api", headers=hop).json()["headers"])
    assert "x-secret" not in said
    assert "te" not in said
    assert said["x-kept"] == "1"


def test_blanks_around_a_headers_value_are_no_part_of_it(start: Start) -> None:
    collector = start(echo)
    with socket.create_connection(("127.0.0.1", collector.port)) as raw:
        raw.sendall(
            b"GET /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Authorization: Bearer \r\nX-Tabs: \t a \t\r\nX-Empty:  \r\n\r\n"
        )
        head, _, body = b"".join(iter(lambda: raw.recv(65_536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 418")
    said = dict(json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["headers"])
    assert (said["authorization"], said["x-tabs"], said["x-empty"]) == ("Bearer", "a", "")


def test_a_body_of_unknown_length_passes(start: Start) -> None:
    collector = start(echo)
    got = httpx.post(f"{collector.url}/api/x", content=iter([b"one ", b"two ", b"three"]))
    assert got.json()["body"] == "one two three"


def test_large_bodies_stream_in_both_directions(start: Start) -> None:
    async def double(_: Any, receive: Any, send: Any) -> None:
        size, largest, more = 0, 0, True
        while more:
            message = await receive()
            more = message.get("more_body", False)
            size += len(message.get("body", b""))
            largest = max(largest, len(message.get("body", b"")))
        assert largest < 5_000_000
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(size // 1_000_000):
            part = {"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True}
            await send(part)
        await send({"type": "http.response.body", "body": b""})

    collector = start(double)
    sent = httpx.post(f"{collector.url}/api/x", content=b"y" * 20_000_000, timeout=30)
    assert sent.content == b"x" * 20_000_000


def test_events_of_a_stream_arrive_as_they_are_sent(start: Start) -> None:
    seen = threading.Event()

    async def stream(_: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        assert await asyncio.to_thread(seen.wait, 30)
        await send({"type": "http.response.body", "body": b"data: 2\n\n"})

    collector = start(stream)
    with httpx.stream("GET", f"{collector.url}/api/live", timeout=30) as got:
        parts = got.iter_raw()
        assert next(parts) == b"data: 1\n\n"
        seen.set()
        assert next(parts) == b"data: 2\n\n"


def test_an_event_stream_without_end_does_not_hold_up_a_stop(start: Start) -> None:
    async def endless(_: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    collector = start(endless)
    with httpx.stream("GET", f"{collector.url}/api/live", timeout=30) as got:
        parts = got.iter_raw()
        assert next(parts)
        collector.begin_to_stop()
        with pytest.raises(httpx.TransportError):
            next(parts)
    collector.stop()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_client_that_goes_away_ends_its_request_there(start: Start, method: str) -> None:
    asked, gone = threading.Event(), threading.Event()

    async def patient(_: Any, receive: Any, send: Any) -> None:
        await read_body(receive)
        asked.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    collector = start(patient)
    with collector.connect() as connection:
        body = b"" if method == "GET" else b"Content-Length: 2\r\n"
        head = f"{method} /api/query HTTP/1.1\r\nHost: x\r\n".encode() + body + b"\r\n"
        connection.sendall(head + (b"{}" if body else b""))
        assert asked.wait(30)
    assert gone.wait(30)


def test_an_answer_that_breaks_off_is_not_passed_on_as_whole(start: Start) -> None:
    async def breaking(_: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x" * 10, "more_body": True})
        raise SystemError

    collector = start(breaking)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{collector.url}/api/x", timeout=30)


def test_tracking_goes_on_without_the_control_role(start: Start) -> None:
    collector = start()
    assert httpx.get(f"{collector.url}/api/x").status_code == 503
    assert httpx.get(f"{collector.url}/health/ready").status_code == 200
