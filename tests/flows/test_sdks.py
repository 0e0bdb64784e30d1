"""The published SDKs deliver every kind of call, unaltered, exactly once."""

import gzip
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from segment.analytics.client import Client as SegmentClient

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

AWKWARD: dict[str, Any] = {
    "nested": {"a": {"b": [1, {"c": None}, [True, "x"]]}, "Mixed Case": {"键": "值"}},
    "chinese": "你好，世界 — 订单已完成",
    "emoji": "🎉👩‍👩‍👧‍👦🇨🇳",
    "nothing": None,
    "empty": "",
    "empty_list": [],
    "empty_object": {},
    "date": "2023-10-01T00:00:00.000Z",
    "large": 9007199254740991,
    "negative": -12.75,
    "tiny": 1e-7,
    "quote": 'he said "hi" \\ / \n\t',
    "nul": "a\u0000b",
    "list": [1, "two", None, {"three": 3}],
}
MEMBERS = {
    "identify": "traits",
    "group": "traits",
    "track": "properties",
    "page": "properties",
    "screen": "properties",
}
"""Where each call that has values has them."""
KINDS = sorted([*MEMBERS, "alias"])


def stored(whole: Whole, source: str, *, expected: int) -> list[dict[str, Any]]:
    """The events of a source as they would be delivered, once all that it accepted is loaded."""

    def exported() -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{whole.url}/api/export/events",
            params={"source": source},
            headers={"Authorization": f"Bearer {whole.token}"},
            timeout=60,
        )
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]

    whole.wait_until(lambda: len(exported()) >= expected)
    whole.wait_until_loaded()
    return exported()


def only(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    [event] = [event for event in events if event["type"] == kind]
    return event


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_segments_python_library_delivers_every_call_unaltered(whole: Whole, gzipped: bool) -> None:
    name = f"Python {gzipped}"
    _, key = whole.create_source(name)
    client = SegmentClient(key, host=whole.url, gzip=gzipped, upload_size=4)
    values = AWKWARD | {"large": 2**62 + 1, "when": datetime(2023, 10, 1, 12, 30, tzinfo=UTC)}
    sent = AWKWARD | {"large": 2**62 + 1, "when": "2023-10-01T12:30:00+00:00"}
    at = datetime(2026, 10, 1, 8, 0, 0, 123000, tzinfo=UTC)
    who = {"user_id": "py-user", "anonymous_id": "py-anonymous", "timestamp": at}
    client.identify(traits=values, **who)
    client.track(event="Awkward 订单 🎉", properties=values, **who)
    client.page(name="Home 首页", category="Shop", properties=values, **who)
    client.screen(name="Screen", properties=values, **who)
    client.group(group_id="group-1", traits=values, **who)
    client.alias(previous_id="py-before", user_id="py-user", timestamp=at)
    client.flush()
    client.join()

    events = stored(whole, name, expected=6)

    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    assert only(events, "page")["name"] == "Home 首页"
    assert only(events, "group")["groupId"] == "group-1"
    assert only(events, "alias")["previousId"] == "py-before"
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == sent
        assert only(events, kind)["anonymousId"] == "py-anonymous"
    assert {event["userId"] for event in events} == {"py-user"}
    assert {event["context"]["library"]["name"] for event in events} == {"analytics-python"}


def test_segments_node_library_delivers_every_call_unaltered(
    whole: Whole, node_modules: Path
) -> None:
    _, key = whole.create_source("Node")
    done = subprocess.run(
        ["node", "send.mjs", whole.url, key, json.dumps(AWKWARD)],
        cwd=node_modules,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == {"failed": []}

    events = stored(whole, "Node", expected=6)

    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    for kind, member in MEMBERS.items():
        added = {"category": "Shop"} if kind == "page" else {}  # by the library itself
        assert only(events, kind)[member] == AWKWARD | added
    assert {event["originalTimestamp"] for event in events} == {"2026-10-01T08:00:00.123Z"}


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_curl_delivers_every_call_unaltered(whole: Whole, tmp_path: Path, gzipped: bool) -> None:
    name = f"curl {gzipped}"
    _, key = whole.create_source(name)
    for kind in KINDS:
        member = "traits" if kind in ("identify", "group") else "properties"
        body = {"userId": "curl-user", member: AWKWARD | {"large": 2**62 + 1}}
        body |= {
            "track": {"event": "Awkward"},
            "group": {"groupId": "g"},
            "alias": {"previousId": "before"},
        }.get(kind, {})
        data = json.dumps(body, ensure_ascii=False).encode()
        file = tmp_path / kind
        file.write_bytes(gzip.compress(data) if gzipped else data)
        encoding = ["-H", "Content-Encoding: gzip"] if gzipped else []
        answer = subprocess.run(
            [
                "curl",
                "-sS",
                "-u",
                f"{key}:",
                "-H",
                "Content-Type: application/json",
                *encoding,
                "--data-binary",
                f"@{file}",
                f"{whole.url}/v1/{kind}",
            ],
            capture_output=True,
            timeout=30,
            check=True,
        )
        assert json.loads(answer.stdout) == {"success": True}

    events = stored(whole, name, expected=6)

    assert sorted(event["type"] for event in events) == KINDS
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == AWKWARD | {"large": 2**62 + 1}


def test_a_request_sent_again_changes_nothing(whole: Whole) -> None:
    _, key = whole.create_source("Again")
    event = {"type": "track", "event": "Once", "userId": "u", "messageId": "the-same"}
    for _ in range(3):
        answer = httpx.post(f"{whole.url}/v1/batch", json={"batch": [event, event]}, auth=(key, ""))
        assert answer.json() == {"success": True}

    assert len(stored(whole, "Again", expected=1)) == 1
    rows = [row for row in whole.ledger()["rows"] if row["source"] == "Again"]
    assert sum(row["duplicates"] for row in rows) == 5
