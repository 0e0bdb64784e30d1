"""Segment's and RudderStack's published Go libraries deliver every call as it is, exactly once."""

import json
import subprocess
from pathlib import Path

import pytest

from headwater.testing.whole import Whole
from tests.flows.awkward import AWKWARD, KINDS, MEMBERS, only, stored
from tests.flows.faulty import Fault, Faulty

pytestmark = pytest.mark.whole

FOLDER = Path(__file__).parent / "go"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs that send, each with its published library built in."""
    folder = tmp_path_factory.mktemp("go")
    subprocess.run(["go", "build", "-o", f"{folder}/", "./..."], cwd=FOLDER, check=True)
    return folder


@pytest.mark.parametrize("family", ["segment", "rudderstack"])
def test_a_go_library_delivers_every_call_unaltered_over_faults(
    whole: Whole, programs: Path, family: str
) -> None:
    name = f"Go {family}"
    _, key = whole.create_source(name)
    faults = [Fault.FAILS, Fault.LOST, Fault.BUSY, Fault.RESET, Fault.AWAY, Fault.SLOW]
    with Faulty(whole.url, faults) as way:
        done = subprocess.run(
            [programs / family, way.url, key, json.dumps(AWKWARD)],
            capture_output=True,
            timeout=90,
            check=False,
        )
        assert way.is_over
    assert done.stdout == b'{"failed": 0}\n', done.stderr.decode()

    events = stored(whole, name, expected=6)

    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    assert only(events, "page")["name"] == "Home 首页"
    assert only(events, "group")["groupId"] == "group-1"
    assert only(events, "alias")["previousId"] == "go-before"
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == AWKWARD
    assert {event["userId"] for event in events} == {"go-user"}
    assert {event.get("anonymousId") for event in events} == {"go-anonymous", None}
    assert {event["originalTimestamp"] for event in events} == {"2026-10-01T08:00:00.123Z"}
