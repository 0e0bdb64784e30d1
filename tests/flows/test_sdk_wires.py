"""The requests of the SDKs that are not run here, as their sources write them on the wire.

Each row is a request by one library: the path, the way in which it says the write key, its content
type and encoding, and its envelope. What is stored must be what was in it, once, also when the same
request comes again.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from headwater.testing.whole import Whole
from tests.flows.awkward import AWKWARD, KINDS, MEMBERS, only, stored

pytestmark = pytest.mark.whole

AT = "2026-10-01T08:00:00.123Z"
TEXT = "text/plain"
JSON = "application/json"


class Wire(msgspec.Struct, frozen=True):
    """How a library sends. `key_in` is "basic", "body" or "bearer" (a token that we do not know,
    beside the key in the body)."""

    library: str
    path: str
    key_in: str
    content_type: str = JSON
    is_gzipped: bool = False
    is_chunked: bool = False
    at: str = "timestamp"
    version: str = "1.0.0"
    written_at: str = AT


WIRES = [
    Wire("analytics-swift", "/v1/b", "body"),
    Wire("analytics-kotlin", "/v1/b", "body", TEXT, is_gzipped=True, is_chunked=True),
    Wire("@segment/analytics-react-native", "/v1/b", "body"),
    Wire("Analytics-CSharp", "/v1/b", "body"),
    Wire("analytics.NET", "/v1/import", "basic", at="timestamp"),
    Wire("analytics-go", "/v1/batch", "basic"),
    Wire("analytics-ruby", "/v1/import", "basic", at="timestamp"),
    Wire("analytics-php", "/v1/batch", "basic", is_gzipped=True),
    Wire("analytics-rust", "/v1/batch", "basic"),
    Wire("analytics-android", "/v1/import", "basic", is_gzipped=True, at="originalTimestamp"),
    Wire("analytics-ios", "/v1/batch", "basic", is_gzipped=True, at="originalTimestamp"),
    Wire("analytics-python-oauth", "/v1/batch", "bearer"),
]


def messages(wire: Wire) -> list[dict[str, Any]]:
    """Each kind of call once, as the library fills it."""
    made = []
    for kind in KINDS:
        own = {
            "track": {"event": "Awkward 订单 🎉"},
            "page": {"name": "Home 首页", "category": "Shop"},
            "screen": {"name": "Screen"},
            "group": {"groupId": "group-1"},
            "alias": {"previousId": "before"},
        }.get(kind, {})
        values = {MEMBERS[kind]: AWKWARD} if kind in MEMBERS else {}
        made.append(
            {
                "type": kind,
                "messageId": f"{wire.library}-{kind}",
                "anonymousId": "device-1",
                "userId": "wire-user",
                wire.at: wire.written_at,
                "context": {"library": {"name": wire.library, "version": wire.version}},
                "integrations": {},
                "_metadata": {"bundled": [], "unbundled": []},
                **own,
                **values,
            }
        )
    return made


def send(whole: Whole, wire: Wire, key: str) -> httpx.Response:
    body: dict[str, Any] = {"batch": messages(wire), "sentAt": AT}
    headers = {"Content-Type": wire.content_type, "User-Agent": f"{wire.library}/1.0.0"}
    if wire.key_in in ("body", "bearer"):
        body["writeKey"] = key
    if wire.key_in == "bearer":
        headers["Authorization"] = "Bearer a-token-of-elsewhere"
    data = json.dumps(body, ensure_ascii=False).encode()
    if wire.is_gzipped:
        data, headers["Content-Encoding"] = gzip.compress(data), "gzip"

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    return httpx.post(
        f"{whole.url}{wire.path}",
        content=chunks() if wire.is_chunked else data,
        headers=headers,
        auth=(key, "") if wire.key_in == "basic" else None,
    )


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.library)
def test_what_a_library_writes_on_the_wire_is_stored_unaltered_and_once(
    whole: Whole, wire: Wire
) -> None:
    name = f"Wire {wire.library}"
    _, key = whole.create_source(name, "mobile")

    answers = [send(whole, wire, key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json() for answer in answers] == [{"success": True}] * 2
    events = stored(whole, name, expected=6)
    assert sorted(event["type"] for event in events) == KINDS
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == AWKWARD
        assert only(events, kind)["messageId"] == f"{wire.library}-{kind}"
    assert only(events, "alias")["previousId"] == "before"
    assert {event["originalTimestamp"] for event in events} == {AT}
    assert {event["context"]["library"]["name"] for event in events} == {wire.library}
    assert not any("writeKey" in event for event in events)


@pytest.mark.parametrize("path", ["/v1/projects/{}/settings", "/projects/{}/settings"])
def test_phones_find_their_settings(whole: Whole, path: str) -> None:
    answer = httpx.get(f"{whole.url}{path.format(whole.write_key)}")

    assert answer.status_code == 200
    assert answer.json()["integrations"]["Segment.io"]["apiKey"] == whole.write_key
