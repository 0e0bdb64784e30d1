"""Segment's published Java library delivers every kind of call, unaltered, exactly once."""

import json
import subprocess
from pathlib import Path

import pytest

from headwater.testing.whole import Whole
from tests.flows.awkward import AWKWARD, KINDS, MEMBERS, only, stored, without_nulls
from tests.flows.faulty import Fault, Faulty

pytestmark = pytest.mark.whole

FOLDER = Path(__file__).parent / "java"


@pytest.fixture(scope="module")
def library() -> Path:
    """The folder of the published library and what it needs."""
    folder = FOLDER / "lib"
    if not any(folder.glob("analytics-*.jar")):
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        subprocess.run(["mvn", "-q", "-B", *goal], cwd=FOLDER, check=True)
    return folder


def test_segments_java_library_delivers_every_call_unaltered_over_faults(
    whole: Whole, library: Path
) -> None:
    _, key = whole.create_source("Java")
    with Faulty(whole.url, [Fault.FAILS, Fault.LOST]) as way:
        done = subprocess.run(
            ["java", "-cp", f"{library}/*", "Send.java", way.url, key, json.dumps(AWKWARD)],
            cwd=FOLDER,
            capture_output=True,
            timeout=90,
            check=False,
        )
        assert way.is_over
    assert done.stdout == b'{"failed": 0}\n', done.stderr.decode()

    events = stored(whole, "Java", expected=6)

    assert sorted(event["type"] for event in events) == KINDS
    assert only(events, "track")["event"] == "Awkward 订单 🎉"
    assert only(events, "group")["groupId"] == "group-1"
    assert only(events, "alias")["previousId"] == "java-before"
    for kind, member in MEMBERS.items():
        assert only(events, kind)[member] == without_nulls(AWKWARD)
    assert {event["userId"] for event in events} == {"java-user"}
    assert {event["anonymousId"] for event in events} == {"java-anonymous"}
    assert {event["originalTimestamp"] for event in events} == {"2026-10-01T08:00:00.123Z"}
