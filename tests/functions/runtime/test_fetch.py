"""Requests of functions: made by the parent, bounded, and never to a place that is closed."""

import asyncio
import gc
import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from headwater.functions.runtime.fetching import Fetcher
from headwater.functions.runtime.model import Failure, Kind, Limits, Program, Result
from headwater.functions.runtime.sandbox import Sandbox
from headwater.kit.addresses import FetchPolicy, Gate
from tests.functions.runtime.running import UNLIMITED, kinds, sandbox, track

_LIMITS = Limits(
    event_seconds=3.0,
    batch_seconds=6.0,
    fetch_seconds=1.0,
    fetches=3,
    fetch_request_bytes=1000,
    fetch_response_bytes=10_000,
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    silent = threading.Event()

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        path = self.path
        if path.startswith("/to/"):
            self._answer(302, b"", {"location": path[4:]})
        elif path == "/silence":
            self.silent.wait(5)
        elif path == "/large":
            self._answer(200, b"x" * 20_000, {})
        elif path == "/bomb":
            self._answer(200, gzip.compress(b"x" * 10_000_000), {"content-encoding": "gzip"})
        elif path == "/packed":
            self._answer(200, gzip.compress(b'{"packed":true}'), {"content-encoding": "gzip"})
        elif path == "/slow":
            time.sleep(0.2)
            self._answer(200, b"slow", {})
        elif path == "/missing":
            self._answer(404, b'{"why":"gone"}', {"content-type": "application/json"})
        else:
            told = f"{self.command} {path} {body.decode()} {self.headers.get('x-key')}"
            told += f" {self.headers.get('authorization')} {self.headers.get('host')}"
            self._answer(200, told.encode(), {"x-served": "yes"})

    do_POST = do_PUT = do_GET  # noqa: N815

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    _Handler.silent.set()
    server.shutdown()
    server.server_close()


_NAMES = {
    "inside.example": ["127.0.0.1"],
    "both.example": ["10.0.0.1", "127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
}


async def _resolve(host: str, port: int) -> list[str]:
    if host in _NAMES:
        return _NAMES[host]
    found = await asyncio.get_running_loop().getaddrinfo(host, port)
    return [str(each[4][0]) for each in found]


_CODE = """
async function onTrack(event, settings) {
  const { url, options } = event.properties;
  const response = await fetch(url, options);
  return { status: response.status, ok: response.ok, url: response.url,
    served: response.headers.get('X-Served'), text: await response.text() };
}
"""


@pytest.fixture(scope="module")
def allowing() -> Iterator[Sandbox]:
    fetcher = Fetcher(FetchPolicy(allowed=("127.0.0.0/8", "named.example")), _resolve)
    with Sandbox(Program(_CODE), _LIMITS, fetcher=fetcher, share=UNLIMITED) as function:
        yield function
    fetcher.close()


@pytest.fixture(scope="module")
def closed() -> Iterator[Sandbox]:
    fetcher = Fetcher(FetchPolicy(), _resolve)
    with Sandbox(Program(_CODE), _LIMITS, fetcher=fetcher, share=UNLIMITED) as function:
        yield function
    fetcher.close()


def _of(function: Sandbox, url: str, **options: Any) -> Result:
    return function.run([track(url=url, options=options)])[0]


def _text(function: Sandbox, url: str, **options: Any) -> str:
    result = _of(function, url, **options)
    assert result.events is not None, result.failed
    return str(result.events[0]["text"])


def _why(function: Sandbox, url: str, **options: Any) -> str:
    result = _of(function, url, **options)
    assert result.failed is not None, result.events
    return result.failed.message


def test_no_private_address_is_reached_however_it_is_written(closed: Sandbox, port: int) -> None:
    urls = [
        f"http://{host}:{port}/secret"
        for host in (
            "127.0.0.1",
            "localhost",
            "0.0.0.0",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fc00::1]",
            "169.254.169.254",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "inside.example",
            "both.example",
            "mapped.example",
        )
    ]
    results = closed.run([track(url=url) for url in urls])
    for url, result in zip(urls, results, strict=True):
        assert result.failed is not None, url
        assert "may not reach" in result.failed.message or "is no URL" in result.failed.message


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://h.example/", "data:text/plain,x", "nonsense", "http://", ""],
)
def test_only_http_is_spoken(closed: Sandbox, url: str) -> None:
    assert "URL" in _why(closed, url)


def test_a_redirect_to_a_closed_place_is_not_followed(port: int) -> None:
    fetcher = Fetcher(FetchPolicy(allowed=("inside.example",)), _resolve)
    with Sandbox(Program(_CODE), _LIMITS, fetcher=fetcher, share=UNLIMITED) as function:
        start = f"http://inside.example:{port}"
        assert _text(function, f"{start}/to//plain").startswith("GET /plain")
        for target in (f"http://127.0.0.1:{port}/x", "http://169.254.169.254/", "http://[::1]/"):
            assert "may not reach" in _why(function, f"{start}/to/{target}")
        assert "http: and https:" in _why(function, f"{start}/to/file:///etc/passwd")
        assert "redirects" in _why(function, f"{start}/to//to//to//to//to//to//to//to//plain")
    fetcher.close()


def test_what_is_allowed_is_reached(allowing: Sandbox, port: int) -> None:
    url = f"http://inside.example:{port}/path?q=1"
    result = _of(
        allowing,
        url,
        method="POST",
        headers={"X-Key": "k", "Authorization": "Basic abc", "Host": "other.example"},
        body="a body",
    )
    assert result.events == (
        {
            "status": 200,
            "ok": True,
            "url": url,
            "served": "yes",
            "text": f"POST /path?q=1 a body k Basic abc inside.example:{port}",
        },
    )
    assert _text(allowing, f"http://127.0.0.1:{port}/packed") == '{"packed":true}'
    missing = _of(allowing, f"http://127.0.0.1:{port}/missing")
    assert missing.events is not None
    assert (missing.events[0]["status"], missing.events[0]["ok"]) == (404, False)


def test_secrets_do_not_follow_a_redirect_to_another_origin(allowing: Sandbox, port: int) -> None:
    headers = {"Authorization": "Bearer abc", "X-Key": "k"}
    onward = f"http://127.0.0.1:{port}/plain"
    text = _text(allowing, f"http://inside.example:{port}/to/{onward}", headers=headers)
    assert " k None " in text
    same = _text(allowing, f"http://127.0.0.1:{port}/to/{onward}", headers=headers)
    assert " k Bearer abc " in same


@pytest.mark.parametrize(
    ("path", "options", "why"),
    [
        ("/large", {}, "at most 10000 bytes"),
        ("/bomb", {}, "at most 10000 bytes"),
        ("/plain", {"method": "POST", "body": "x" * 2000}, "at most 1000 bytes"),
        ("/plain", {"method": "CONNECT"}, "CONNECT"),
        ("/plain", {"headers": {"x": "a\r\nb: c"}}, "fetch failed"),
        ("/plain", {"body": {"an": "object"}}, "JSON.stringify"),
        ("/to//plain", {"redirect": "error"}, "redirect"),
    ],
)
def test_requests_and_answers_are_bounded(
    allowing: Sandbox, port: int, path: str, options: dict[str, Any], why: str
) -> None:
    assert why in _why(allowing, f"http://127.0.0.1:{port}{path}", **options)


def test_an_answer_that_does_not_come_is_a_timeout(allowing: Sandbox, port: int) -> None:
    failed = _of(allowing, f"http://127.0.0.1:{port}/silence").failed
    assert failed is not None
    assert (failed.kind, failed.name, failed.is_retryable) == (
        Failure.TIMEOUT,
        "TimeoutError",
        True,
    )


def test_events_and_requests_wait_side_by_side(allowing: Sandbox, port: int) -> None:
    started = time.monotonic()
    url = f"http://127.0.0.1:{port}/slow"
    results = allowing.run([track(number, url=url) for number in range(20)])
    assert {result.events and result.events[0]["text"] for result in results} == {"slow"}
    assert time.monotonic() - started < 2.0  # one after the other they take four seconds


def test_an_event_makes_only_so_many_requests(port: int) -> None:
    code = """
      async function onTrack(event) {
        const url = event.properties.url;
        const told = await Promise.allSettled([1, 2, 3, 4].map(() => fetch(url)));
        return { told: told.map((each) => each.status), why: told[3].reason.message };
      }
    """
    policy = FetchPolicy(allowed=("127.0.0.1",))
    with sandbox(code, limits=_LIMITS, fetch=policy) as function:
        (result,) = function.run([track(url=f"http://127.0.0.1:{port}/x")])
    assert result.events == (
        {"told": ["fulfilled"] * 3 + ["rejected"], "why": "An event makes at most 3 requests."},
    )


@pytest.mark.parametrize("policy", [None, FetchPolicy(is_on=False)])
def test_requests_can_be_switched_off(policy: FetchPolicy | None) -> None:
    with sandbox("const onTrack = () => fetch('http://1.1.1.1/');", fetch=policy) as function:
        assert kinds(function.run([track()])) == ["error"]


def test_code_that_loads_makes_no_requests() -> None:
    code = "const held = fetch('http://1.1.1.1/'); const onTrack = async () => ({ s: await held });"
    with sandbox(code, fetch=FetchPolicy()) as function:
        (result,) = function.run([track()])
    assert result.failed is not None
    assert "not while the code loads" in result.failed.message


def test_a_destination_function_delivers_by_fetch(port: int) -> None:
    code = """
      async function onTrack(event, settings) {
        const response = await fetch(settings.url, { method: 'POST', body: JSON.stringify(event) });
        if (response.status >= 500 || response.status === 404) throw new RetryError('not now');
      }
    """
    policy = FetchPolicy(allowed=("127.0.0.1",))
    for path, expected in (("plain", "unchanged"), ("missing", "retry")):
        settings = {"url": f"http://127.0.0.1:{port}/{path}"}
        with sandbox(code, Kind.DESTINATION, settings, fetch=policy) as function:
            assert kinds(function.run([track()])) == [expected]


@pytest.mark.parametrize("entry", ["", "10.0.0.0/99", "http://h.example", "a/b", "h.example:80"])
def test_what_may_be_allowed_are_networks_addresses_and_names(entry: str) -> None:
    with pytest.raises(ValueError, match="is no network, address or host name"):
        Gate(FetchPolicy(allowed=(entry,)))


def test_public_addresses_are_open() -> None:
    gate = Gate(FetchPolicy(allowed=("10.1.0.0/16", "Named.Example.")))
    for address in ("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::101:101"):
        assert gate.admits("h.example", address)
    assert gate.admits("h.example", "10.1.255.1")
    assert gate.admits("h.example", "::ffff:10.1.0.1")
    assert not gate.admits("h.example", "10.2.0.1")
    assert gate.admits("named.example", "10.2.0.1")
    assert not gate.admits("h.example", "fe80::1%eth0")


def test_a_fetcher_that_is_closed_leaves_nothing_open(port: int) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    threads = set(threading.enumerate())
    url = f"http://127.0.0.1:{port}/plain"
    for _ in range(3):
        with sandbox(_CODE, fetch=FetchPolicy(allowed=("127.0.0.1",))) as function:
            assert kinds(function.run([track(url=url)])) == ["changed"]
    for thread in threading.enumerate():
        if thread.name == "functions-fetch" and thread not in threads:
            thread.join(timeout=5)
            assert not thread.is_alive()
    gc.collect()
    opened = {each for each in Path("/proc/self/fd").iterdir() if each not in before}
    assert len(opened) <= 3  # of the server, which may still hold a connection
