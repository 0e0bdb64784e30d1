"""Retention by every start, in brackets, over more periods than fit a word: with plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from headwater.errors import InvalidError
from tests.analytics.behaviour import test_kinds
from tests.analytics.behaviour.test_kinds import LIFE, SINCE, Engine, asked

engine, tables = test_kinds.engine, test_kinds.tables
_ZONE = "America/New_York"
"""Its clocks are set within the period."""


def days_of(name: str) -> dict[str, set[date]]:
    found: dict[str, set[date]] = defaultdict(set)
    for who, what, at, _ in LIFE:
        here = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(_ZONE)).date()
        if what == name and here >= SINCE.date():
            found[who].add(here)
    return found


def came_back(
    first: str, spans: list[tuple[int, int]], back: str
) -> dict[date, tuple[int, list[int]]]:
    """By first day: how many people, and how many of them came in each span."""
    starts, returns = days_of("seen"), days_of(back)
    began: dict[date, list[str]] = defaultdict(list)
    for who, days in starts.items():
        for day in sorted(days) if first == "each" else [min(days)]:
            began[day].append(who)
    return {
        day: (
            len(people),
            [
                sum(
                    any(a <= (each - day).days <= b for each in returns.get(who, ()))
                    for who in people
                )
                for a, b in spans
            ],
        )
        for day, people in began.items()
    }


@pytest.mark.parametrize("back", ["seen", "paid"])
@pytest.mark.parametrize("first", ["each", "period"])
def test_days_of_a_zone_are_counted_in_brackets(engine: Engine, first: str, back: str) -> None:
    found = asked(
        engine,
        "retention",
        start={"event": "seen"},
        back=None if back == "seen" else {"event": back},
        first=first,
        each="day",
        brackets=[0, 1, 4, 8],
        most=30,
        period={**test_kinds.PERIOD, "zone": _ZONE},
    )
    spans = [(0, 0), (1, 3), (4, 7), (8, 30)]
    told = came_back(first, spans, back)
    assert len(found.cohorts) == 77
    cohorts = {each.began.date(): each for each in found.cohorts}
    for day, cohort in cohorts.items():
        people, counts = told.get(day, (0, [0, 0, 0, 0]))
        assert cohort.people == people
        cells = [each.came.count for each in cohort.cells]
        assert cells == counts[: len(cells)]
        assert [(each.offset, each.last) for each in cohort.cells] == spans[: len(cells)]
        for each in cohort.cells:
            assert each.known == (day + timedelta(days=each.last + 1) <= date(2026, 11, 20))
    assert found.n == sum(people for people, _ in told.values())
    known = [
        cohort.cells[2].came
        for cohort in found.cohorts
        if cohort.cells[2:3] and cohort.cells[2].known
    ]
    assert found.curve[2].came.count == sum(each.count for each in known) > 0
    assert found.curve[2].came.n == sum(each.n for each in known)


def test_who_began_before_the_period_is_no_cohort_of_it(engine: Engine) -> None:
    whole: dict[str, Any] = {"start": {"event": "seen"}, "each": "month"}
    ever = asked(engine, "retention", **whole)
    firsts: dict[str, Any] = {}
    for who, name, at, _ in sorted(LIFE, key=lambda each: each[2]):
        if name == "seen":
            firsts.setdefault(who, at)
    assert ever.n == sum(at >= SINCE for at in firsts.values()) < len(firsts)
    assert [each.cells[0].came.share for each in ever.cohorts if each.people] == [1.0] * 3


def test_brackets_follow_each_other(engine: Engine) -> None:
    with pytest.raises(InvalidError, match="each begins after the one before"):
        asked(engine, "retention", start={"event": "seen"}, brackets=[3, 1])
