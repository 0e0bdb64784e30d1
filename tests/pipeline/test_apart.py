"""Stages that another process works for go on with other events, and decide as if they waited."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from headwater.pipeline.event import Event, Verdict
from headwater.pipeline.program import EachEvent
from tests.pipeline.conftest import lead, stored
from tests.pipeline.test_program import ANSWERS, Chooses, programs


class Away(Chooses):
    """The same, begun and finished apart. `said` is what was done, in order."""

    def __init__(self, name: str, answers: Sequence[str]) -> None:
        super().__init__(name, answers)
        self.said: list[str] = []
        self.fails = ""

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        raise AssertionError("it is begun and finished")

    def begin(self, events: list[Event]) -> Any:
        self.said.append(f"begin {len(events)}")
        if self.fails == "begin":
            raise RuntimeError("not begun")
        return len(events)

    def finish(self, events: list[Event], begun: Any) -> Sequence[Verdict]:
        self.said.append(f"finish {begun}")
        assert begun == len(events)
        if self.fails == "finish":
            raise RuntimeError("not finished")
        return super().run(events)


def requests(count: int) -> list[Any]:
    """Requests of a hundred events each."""
    return [
        stored(
            {
                "batch": [
                    {"type": "track", "event": "E", "userId": "u", "messageId": f"{n}-{m}"}
                    for m in range(100)
                ]
            },
            count=100,
            position=n + 1,
        )
        for n in range(count)
    ]


def test_the_next_events_are_decoded_before_the_last_ones_are_waited_for():
    away, seen = Away("away", ["keep"]), []
    before = EachEvent("before", lambda event: seen.append(len(away.said)))
    through = lead(requests(9), programs=programs(before, away))
    assert away.said == [
        *("begin 300", "finish 300", "begin 300", "finish 300", "begin 300", "finish 300"),
    ]
    # While the second three hundred went through the stage before, the first ones were away.
    assert seen == [0] * 300 + [1] * 300 + [3] * 300
    assert len(through.rows) == 900


@given(ANSWERS, ANSWERS, ANSWERS)
def test_it_decides_as_a_stage_that_is_waited_for(before, apart, after):
    def decided(kind: type[Chooses]) -> Any:
        stages = Chooses("a", before), kind("b", apart), Chooses("c", after)
        through = lead(requests(4), programs=programs(*stages))
        aside = sorted((each.message_id, each.reason, each.detail) for each in through.aside)
        return through.rows, through.tallies, aside

    assert decided(Away) == decided(Chooses)


@pytest.mark.parametrize("step", ["begin", "finish"])
def test_one_that_fails_keeps_its_events_aside_and_goes_on_with_the_next(step):
    away = Away("away", ["keep"])
    away.fails = step
    through = lead(requests(6), programs=programs(away))
    assert through.reasons == ["stage_failed"] * 600
    assert away.said.count("begin 300") == 2


def test_two_in_a_row_take_their_turns():
    first, second = Away("first", ["alter"]), Chooses("second", ["drop", "keep"])
    through = lead(requests(3), programs=programs(first, second))
    assert len(through.rows) == 150
