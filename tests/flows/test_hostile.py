"""Hostile clients get clear 4xx answers or are cut off; the server stays up, quick and small."""

import gzip
import json
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.processes import memory_megabytes
from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_MEMBERS = st.sampled_from(
    ["type", "event", "userId", "anonymousId", "messageId", "timestamp", "sentAt", "context",
     "properties", "traits", "integrations", "groupId", "previousId", "name", "writeKey", "batch"]
)  # fmt: skip
_EVENTS = st.dictionaries(_MEMBERS, _JSON, max_size=8)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A server that is quick to lose patience."""
    with Whole(
        tmp_path_factory.mktemp("guarded"),
        disk_reserve_bytes=0,
        header_timeout_seconds=1,
        body_timeout_seconds=1,
    ) as whole:
        yield whole


@pytest.fixture(scope="module")
def client(guarded: Whole) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded.url, auth=(guarded.write_key, ""), timeout=30) as client:
        yield client


def address(whole: Whole) -> tuple[str, int]:
    url = httpx.URL(whole.url)
    return url.host, url.port or 0


_MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_MANY
@given(
    event=_EVENTS, path=st.sampled_from(["track", "identify", "page", "group", "alias", "import"])
)
def test_any_json_in_any_member_is_taken_or_refused(
    client: httpx.Client, event: dict[str, object], path: str
) -> None:
    body = json.dumps(event)
    answer = client.post(f"/v1/{path}", content=body)
    assert answer.status_code in (200, 400, 401)
    assert answer.status_code == 200 or answer.json()["message"]


@_MANY
@given(body=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_taken_or_refused(client: httpx.Client, body: bytes) -> None:
    for path in ("/v1/track", "/v1/batch", "/v1/import"):
        answer = client.post(path, content=body)
        assert answer.status_code in (200, 400)
        assert answer.headers["content-type"].startswith("application/json")


@_MANY
@given(members=st.lists(_EVENTS | _JSON, max_size=5))
def test_a_batch_of_anything_is_accounted_for(client: httpx.Client, members: list[object]) -> None:
    assert client.post("/v1/batch", content=json.dumps({"batch": members})).status_code == 200


def test_all_that_the_fuzzing_sent_balances(guarded: Whole, client: httpx.Client) -> None:
    assert client.get("/health/ready").status_code == 200
    guarded.wait_until_loaded()
    ledger = guarded.ledger()
    assert ledger["balanced"]
    assert ledger["totals"]["accepted"] > 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b"[" * 100_000, None),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, None),
        (b'{"userId":"u","event":"e","properties":{"n":1e999999}}', "malformed_json"),
        (b'{"userId":"u","event":"\xff\xfe"}', None),
        (b'{"userId":"u","event":"e","properties":{"x":"' + b"y" * 40_000 + b'"}}', None),
        (b"x" * 6_000_000, None),
        (b"", None),
        (b"null", None),
        (b'"text"', None),
    ],
    ids=["broken", "deep array", "deep object", "huge number", "not utf-8", "event too large",
         "request too large", "empty", "null", "text"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_400(
    client: httpx.Client, body: bytes, code: str | None
) -> None:
    answer = client.post("/v1/track", content=body)
    assert answer.status_code == 400
    said = answer.json()
    assert said["success"] is False
    assert said["message"]
    assert code is None or said["code"] == code


def test_a_gzip_bomb_is_refused_and_not_inflated(guarded: Whole, client: httpx.Client) -> None:
    bomb = gzip.compress(b'{"batch":[' + b" " * 500_000_000 + b"]}", 9)
    before = memory_megabytes(guarded)["collector"]
    for _ in range(20):
        answer = client.post("/v1/batch", content=bomb, headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 400
    assert memory_megabytes(guarded)["collector"] < before + 60


@pytest.mark.parametrize(
    "drip", [b"", b"POST /v1/track HTTP/1.1\r\nHost: x\r\n"], ids=["silent", "half a head"]
)
def test_a_client_that_never_ends_its_head_is_cut_off(guarded: Whole, drip: bytes) -> None:
    with socket.create_connection(address(guarded), timeout=15) as connection:
        connection.sendall(drip)
        while connection.recv(4096):
            pass


def test_a_client_that_never_ends_its_body_is_cut_off(guarded: Whole) -> None:
    with socket.create_connection(address(guarded), timeout=15) as connection:
        connection.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert (
        answer == b""
        or b" 408 " in answer.split(b"\r\n")[0]
        or b" 400 " in answer.split(b"\r\n")[0]
    )


def test_ten_thousand_connections_leave_the_server_answering(guarded: Whole) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 10_500:
        pytest.skip(f"this machine admits {hard} open files: 10,000 connections are not run")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held: list[socket.socket] = []
    try:
        while len(held) < 10_000:
            held.append(socket.create_connection(address(guarded), timeout=30))
        answer = httpx.post(
            f"{guarded.url}/v1/track",
            json={"userId": "u", "event": "Among Many"},
            auth=(guarded.write_key, ""),
            timeout=30,
        )
        assert answer.status_code == 200
        assert memory_megabytes(guarded)["collector"] < 400
    finally:
        for connection in held:
            connection.close()
    end = time.monotonic() + 30
    while httpx.get(f"{guarded.url}/health/live", timeout=30).status_code != 200:
        assert time.monotonic() < end


def test_nothing_hostile_killed_a_process(guarded: Whole) -> None:
    log = Path(guarded.data_dir / "serve.log").read_text("utf-8", "replace")
    assert "Traceback" not in log
    assert set(guarded.roles()) == {"collector", "pipeline", "warehouse", "control"}
