"""Funnels in any order, who stopped where, how long it took and by what: with plain Python."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from headwater.errors import InvalidError
from tests.analytics.behaviour import test_kinds
from tests.analytics.behaviour.test_kinds import LIFE, SINCE, STEPS, Engine, asked, ways

engine, tables = test_kinds.engine, test_kinds.tables
MIXED = ["seen", "carted", "paid"]


def mixed(hours: int, barred: str = "") -> dict[str, dict[int, float]]:
    """How many different steps each did within hours, none of the barred between, and in which
    time; the last of each step counts."""
    lives: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for who, name, at, _ in LIFE:
        if at >= SINCE:
            lives[who].append((at, name))
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for who, life in lives.items():
        places = {name: -at for at, name in enumerate(MIXED, 1)}
        rows = sorted(life, key=lambda each: (each[0], places.get(each[1], 0)))
        last: dict[str, datetime] = {}
        bar: datetime | None = None
        for at, name in rows:
            if name == barred:
                bar = at
            if name in MIXED:
                last[name] = at
            near = [
                each
                for each in last.values()
                if at - each <= timedelta(hours=hours) and (bar is None or each > bar)
            ]
            if near and (name in MIXED or name == barred):
                took = (at - min(near)).total_seconds()
                mine = found[who]
                mine[len(near)] = min(took, mine.get(len(near), took))
    return {who: mine for who, mine in found.items() if mine}


@pytest.mark.parametrize("barred", ["", "helped"])
def test_in_any_order_steps_are_different_events_within_the_window(
    engine: Engine, barred: str
) -> None:
    without = [{"event": barred}] if barred else []
    steps = [{"event": each} for each in MIXED]
    found = asked(engine, "funnel", steps=steps, order="any", windowHours=40, without=without)
    told = mixed(40, barred)
    counts = [sum(max(mine) >= step for mine in told.values()) for step in (1, 2, 3)]
    assert [each.people for each in found.steps] == counts
    assert counts[0] > counts[1] > counts[2] > 0
    whole = [mine[3] for mine in told.values() if 3 in mine]
    assert sum(each.people for each in found.times) == len(whole)


def test_the_time_the_people_and_the_first_property_are_told(engine: Engine) -> None:
    steps = STEPS[:2]
    told = ways(["seen", "carted"], 48, "", strict=False)
    whole: dict[str, Any] = {"steps": steps, "windowHours": 48}
    found = asked(engine, "funnel", **whole, members={"step": 2}, by="id")
    assert found.members == sorted(who for who, best in told.items() if 2 not in best)
    got = asked(engine, "funnel", **whole, members={"step": 2, "who": "reached", "most": 3})
    assert got.members == sorted(who for who, best in told.items() if 2 in best)[:3]
    before = -1
    for bar in found.times:
        took = [best[2] for best in told.values() if 2 in best and before < best[2] <= bar.seconds]
        assert bar.people == len(took)
        before = bar.seconds
    assert found.times[-1].seconds == 48 * 3600
    firsts: dict[str, str] = {}
    for number, (who, name, at, _) in sorted(enumerate(LIFE), key=lambda each: each[1][2]):
        if name == "seen" and at >= SINCE:
            firsts.setdefault(who, f"{number:04}")
    groups = {each.value: each.steps for each in found.groups}
    for who, best in told.items():
        if (mine := groups.get(firsts[who])) is not None:
            assert [each.people for each in mine] == [1, int(2 in best)]
    assert len(groups) == min(30, len(told))


def test_a_funnel_refuses_what_means_nothing(engine: Engine) -> None:
    with pytest.raises(InvalidError, match="either by a trait or by a property"):
        asked(engine, "funnel", steps=STEPS, trait="plan", by="revenue")
    with pytest.raises(InvalidError, match="there is no such step"):
        asked(engine, "funnel", steps=STEPS, members={"step": 9})
