"""RudderStack's published SDKs deliver every kind of call, unaltered, exactly once."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rudderstack.analytics.client import Client

from headwater.testing.whole import Whole
from tests.flows.awkward import AWKWARD, KINDS, MEMBERS, only, stored
from tests.flows.faulty import Fault, Faulty

pytestmark = pytest.mark.whole

AT = datetime(2026, 10, 1, 8, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_rudderstacks_python_library_delivers_every_call_unaltered(
    whole: Whole, gzipped: bool
) -> None:
    name = f"Rudder Python {gzipped}"
    _, key = whole.create_source(name)
    client = Client(key, host=whole.url, gzip=gzipped, upload_size=4)

    call_all(client, "rs-user")
    client.flush()
    client.join()

    events = stored(whole, name, expected=6)
    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    assert only(events, "alias")["previousId"] == "rs-before"
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == AWKWARD
    assert {event["userId"] for event in events} == {"rs-user"}
    assert {event["channel"] for event in events} == {"server"}


def test_rudderstacks_python_library_loses_nothing_over_faults(whole: Whole) -> None:
    _, key = whole.create_source("Rudder Python faults")
    faults = [Fault.FAILS, Fault.BUSY, Fault.LOST, Fault.AWAY]
    with Faulty(whole.url, faults) as way:
        client = Client(key, host=way.url, upload_size=1)
        call_all(client, "rs-user")
        client.flush()
        client.join()
        assert way.is_over

    events = stored(whole, "Rudder Python faults", expected=6)
    assert sorted(event["type"] for event in events) == KINDS


def call_all(client: Client, user: str) -> None:
    """Each kind of call once."""
    who = {"anonymous_id": "rs-anonymous", "timestamp": AT}
    client.identify(user, traits=AWKWARD, **who)
    client.track(user, "Awkward 订单 🎉", properties=AWKWARD, **who)
    client.page(user, "Shop", "Home 首页", properties=AWKWARD, **who)
    client.screen(user, "Shop", "Screen", properties=AWKWARD, **who)
    client.group(user, "group-1", traits=AWKWARD, **who)
    client.alias("rs-before", user, timestamp=AT)


def test_rudderstacks_node_library_delivers_every_call_unaltered_over_faults(
    whole: Whole, node_modules: Path
) -> None:
    _, key = whole.create_source("Rudder Node")
    with Faulty(whole.url, [Fault.BUSY, Fault.LOST]) as way:
        done = subprocess.run(
            ["node", "send_rudder.mjs", way.url, key, json.dumps(AWKWARD)],
            cwd=node_modules,
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert way.is_over
    assert json.loads(done.stdout) == {"failed": []}

    events = stored(whole, "Rudder Node", expected=6)

    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == AWKWARD
    assert {event["timestamp"] for event in events} == {"2026-10-01T08:00:00.123Z"}
