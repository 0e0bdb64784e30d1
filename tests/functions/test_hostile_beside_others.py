"""A hostile function of one source, and the events of another, in one pipeline."""

import time

import msgspec
import pytest

from headwater.functions import workshop
from headwater.functions.model import PART, Published
from headwater.functions.runtime.model import Limits
from headwater.functions.workshop import Workshop
from headwater.governing import compile_program
from headwater.pipeline.program import Programs
from headwater.ports import Outcome, Stored
from headwater.workspaces.model import Configuration
from tests.functions.conftest import ready, track
from tests.pipeline.conftest import lead, source, stored

_EVENTS = 40
_SOURCES = {"s1": source(), "s2": msgspec.structs.replace(source(), id="s2", slug="other")}


def _programs(code: str) -> Programs:
    part = msgspec.Raw(msgspec.json.encode(Published({"s2": (ready(code),)})))
    return compile_program(Configuration(1, (), tuple(_SOURCES.values()), {PART: part}))


def _request(source_id: str) -> Stored:
    calls = [track(messageId=f"{source_id}-{number}") for number in range(_EVENTS)]
    made = stored({"batch": calls})
    record = msgspec.structs.replace(made.record, source_id=source_id)
    return msgspec.structs.replace(made, record=record)


@pytest.mark.parametrize(
    "body",
    [
        "for (;;) {}",
        "for (;;) await null;",
        "const held = []; for (;;) held.push(new Uint8Array(1e7).fill(1));",
    ],
)
def test_it_costs_others_a_bounded_time_once_and_then_nothing(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Workshop(limits=Limits(busy_seconds=0.2, memory_bytes=160_000_000))
    monkeypatch.setattr(workshop, "_current", own)
    programs = _programs(f"async function onTrack() {{ {body} }}")
    taken = []
    try:
        for _ in range(5):
            started = time.monotonic()
            through = lead([_request("s1"), _request("s2")], _SOURCES, programs=programs)
            taken.append(time.monotonic() - started)
            counts = {(tally.source_id, tally.outcome): tally.count for tally in through.tallies}
            assert counts["s1", Outcome.PASSED] == _EVENTS
            assert counts["s2", Outcome.QUARANTINED] == _EVENTS
    finally:
        own.close()
    assert taken[0] < 6.0
    assert sum(taken[1:]) < 0.5  # it rests: its events are kept aside at once
