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
from tests.flows.awkward import AWKWARD, KINDS, MEMBERS, only, stored
from tests.flows.faulty import Fault, Faulty

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_segments_python_library_delivers_every_call_unaltered(whole: Whole, gzipped: bool) -> None:
    name = f"Python {gzipped}"
    _, key = whole.create_source(name)
    client = SegmentClient(key, host=whole.url, gzip=gzipped, upload_size=4)
    values = AWKWARD | {"large": 2**62 + 1, "when": datetime(2023, 10, 1, 12, 30, tzinfo=UTC)}
    sent = AWKWARD | {"large": 2**62 + 1, "when": "2023-10-01T12:30:00+00:00"}
    call_all(client, values)

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


def test_segments_python_library_loses_nothing_over_faults(whole: Whole) -> None:
    _, key = whole.create_source("Python faults")
    faults = [Fault.FAILS, Fault.BUSY, Fault.RESET, Fault.LOST, Fault.SLOW, Fault.AWAY]
    with Faulty(whole.url, faults) as way:
        call_all(SegmentClient(key, host=way.url, upload_size=1), AWKWARD)
        assert way.is_over

    events = stored(whole, "Python faults", expected=6)
    assert sorted(event["type"] for event in events) == KINDS
    assert len({event["messageId"] for event in events}) == 6


def call_all(client: SegmentClient, values: dict[str, Any]) -> None:
    """Each kind of call once, by a client that is closed then."""
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


def test_segments_node_library_delivers_every_call_unaltered_over_faults(
    whole: Whole, node_modules: Path
) -> None:
    _, key = whole.create_source("Node")
    with Faulty(whole.url, [Fault.FAILS, Fault.BUSY, Fault.RESET, Fault.LOST, Fault.SLOW]) as way:
        done = subprocess.run(
            ["node", "send.mjs", way.url, key, json.dumps(AWKWARD)],
            cwd=node_modules,
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert way.is_over
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
