"""Sessions: told by the time of events, whatever their order, with a bounded memory."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.cleaning.enrichment.number_sessions import SESSIONS, joined
from headwater.pipeline.program import Memory
from tests.cleaning.conftest import cleaned, rule, track

START = "2023-11-14T10:00:00.000Z"


def at(minute: float, **members: Any) -> dict[str, Any]:
    """A call of a minute after ten."""
    seconds = round(minute * 60)
    time = f"2023-11-14T{10 + seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.000Z"
    return track(timestamp=time, anonymousId="a1", **members)


def sessions(*calls: dict[str, Any], memory: Memory | None = None, **settings: Any) -> list[str]:
    """The session of each call as the minute in which it began, marked where it starts one."""
    calls = tuple(call | {"messageId": f"m{n}"} for n, call in enumerate(calls))
    through = cleaned(calls, rule("number_sessions", settings), memory=memory)
    found = []
    for row in through.rows:
        context = json.loads(row["context"])
        minute = (context["sessionId"] - 1_699_956_000_000) // 60_000
        found.append(f"{minute}{'*' if context.get('sessionStart') else ''}")
    return found


def test_a_pause_ends_a_session():
    assert sessions(at(0), at(29), at(58), at(89)) == ["0*", "0", "0", "89*"]
    assert sessions(at(0), at(30)) == ["0*", "0"]
    assert sessions(at(0), at(9), at(20), minutes=10) == ["0*", "0", "20*"]


def test_a_late_event_joins_the_session_that_it_lies_in():
    assert sessions(at(10), at(0), at(40)) == ["10*", "10", "10"]
    assert sessions(at(0), at(100), at(20), at(110)) == ["0*", "100*", "0", "100"]
    assert sessions(at(100), at(0), at(20)) == ["100*", "0*", "0"]


def test_devices_have_sessions_of_their_own_and_people_if_wanted():
    other = {"anonymousId": "a2"}
    assert sessions(at(0), at(1) | other, at(2)) == ["0*", "1*", "0"]
    assert sessions(at(0), at(1) | other, at(2), by="person") == ["0*", "0", "0"]
    nobody = {"anonymousId": None}
    assert sessions(at(0), at(1) | nobody, at(2) | nobody) == ["0*", "1*", "1"]
    assert sessions(at(0), at(1, userId=None), by="person") == ["0*", "1*"]


def test_the_session_that_an_sdk_has_sent_stays_unless_it_is_to_be_replaced():
    sent = at(0, context={"sessionId": 5, "sessionStart": True})
    row = cleaned([sent], rule("number_sessions")).row
    assert json.loads(row["context"]) == {"sessionId": 5, "sessionStart": True}
    later = at(1, context={"sessionId": 5, "sessionStart": True})
    assert sessions(at(0), later, overwrite=True) == ["0*", "0"]


def test_sessions_go_on_over_batches_and_their_memory_is_bounded():
    memory = Memory()
    assert sessions(at(0), memory=memory) == ["0*"]
    assert sessions(at(20), memory=memory) == ["0"]
    full = Memory()
    two = [at(0, userId=f"u{n}") | {"anonymousId": f"a{n}"} for n in range(3)]
    assert sessions(*two, memory=full, devices=2) == ["0*"] * 3
    again = [at(1) | {"anonymousId": f"a{n}"} for n in (2, 0)]
    assert sessions(*again, memory=full, devices=2) == ["0", "1*"]


PAUSE = 10


@given(st.lists(st.integers(0, 300), max_size=40))
def test_every_event_has_a_session_that_it_is_near_to(times):
    held: tuple[tuple[int, int, int], ...] = ()
    for time in times:
        held, number, is_new = joined(held, time * 1000, PAUSE * 1000)
        assert len(held) <= SESSIONS
        assert not is_new or number == time
        mine = [each for each in held if each[2] == number]
        assert is_new or any(first <= time * 1000 <= last for first, last, _ in mine)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40).map(sorted))
def test_in_order_a_session_begins_exactly_after_each_pause(times):
    held: tuple[tuple[int, int, int], ...] = ()
    starts = []
    for time in times:
        held, _, is_new = joined(held, time * 1000, PAUSE * 1000)
        starts.append(is_new)
    assert starts == [True, *(after - before > PAUSE for before, after in pairwise(times))]
