"""/metrics: what was counted, and what is looked up when it is asked."""

import re
from pathlib import Path

from starlette.testclient import TestClient

from headwater.api.frame import Context
from headwater.ports import LOADER, Entry, Owner, Record, Stream


def value(text: str, name: str) -> float:
    [found] = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found)


def test_the_backlog_of_each_role_the_log_and_the_disk_are_shown(
    alice: TestClient, context: Context
) -> None:
    collector = context.log.writer(Owner.COLLECTOR)
    pipeline = context.log.writer(Owner.PIPELINE)
    collector.append(Entry({Stream.COLLECTED: [Record("s", 1, n, b"x" * 10) for n in (2, 3, 7)]}))
    passed = {Stream.ACCEPTED: [Record("s", 1, n, b"y" * 10) for n in (2, 3)]}
    pipeline.append(Entry(passed, consumed={Stream.COLLECTED: {"0": 2}}))
    context.log.acknowledge(LOADER, Stream.ACCEPTED, {"0": 1})

    text = alice.get("/metrics").text

    assert value(text, 'headwater_waiting_events{role="pipeline"}') == 7
    assert value(text, 'headwater_waiting_events{role="warehouse"}') == 3
    assert value(text, "headwater_log_bytes") == context.log.size() == 50
    assert value(text, "headwater_disk_free_bytes") > 0


def test_a_backlog_that_is_gone_is_shown_as_none(
    alice: TestClient, context: Context, tmp_path: Path
) -> None:
    pipeline = context.log.writer(Owner.PIPELINE)
    pipeline.append(Entry({Stream.ACCEPTED: [Record("s", 1, 4, b"y")]}))
    assert 'headwater_waiting_events{role="warehouse"} 4.0' in alice.get("/metrics").text
    context.log.acknowledge(LOADER, Stream.ACCEPTED, {"0": 1})
    assert 'headwater_waiting_events{role="warehouse"} 0.0' in alice.get("/metrics").text
