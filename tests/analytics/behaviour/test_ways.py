"""Sessions and paths, with plain Python."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from tests.analytics.behaviour import test_kinds
from tests.analytics.behaviour.test_kinds import LIFE, SINCE, Engine, asked

engine, tables = test_kinds.engine, test_kinds.tables


def lives() -> dict[str, list[tuple[datetime, str]]]:
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for who, name, at, _ in sorted(LIFE, key=lambda each: each[2]):
        if at >= SINCE:
            found[who].append((at, name))
    return found


def test_sessions_end_where_nothing_is_done(engine: Engine) -> None:
    found = asked(engine, "sessions", gapMinutes=90, each="week")
    sessions: list[tuple[datetime, float, int]] = []
    for life in lives().values():
        began = before = life[0][0]
        events = 0
        for at, _ in life:
            if at > before + timedelta(minutes=90):
                sessions.append((began, (before - began).total_seconds(), events))
                began, events = at, 0
            before, events = at, events + 1
        sessions.append((began, (before - began).total_seconds(), events))
    seconds = [each[1] for each in sessions]
    assert (found.n, found.people) == (len(sessions), len(lives()))
    assert found.events_mean == pytest.approx(np.mean([each[2] for each in sessions]))
    assert found.seconds_median == np.median(seconds)
    assert found.seconds_p90 == pytest.approx(np.quantile(seconds, 0.9))
    assert found.single.count == sum(each[2] == 1 for each in sessions) > 0
    assert sum(each.sessions for each in found.lengths) == found.n
    assert found.lengths[0].sessions == seconds.count(0)
    weeks = Counter(at.isocalendar()[1] for at, _, _ in sessions)
    assert {
        each.at.isocalendar()[1]: each.sessions for each in found.moments if each.people
    } == weeks
    only = asked(engine, "sessions", event="paid")
    assert 0 < only.n < found.n


@pytest.mark.parametrize("direction", ["after", "before"])
def test_paths_go_from_name_to_name(engine: Engine, direction: str) -> None:
    found = asked(
        engine, "paths", event="carted", direction=direction, depth=3, withinHours=100, top=2
    )
    links: Counter[tuple[int, str, str]] = Counter()
    first_nodes: Counter[str] = Counter()
    for life in lives().values():
        firsts = [at for at, name in life if name == "carted"]
        if not firsts:
            continue
        first = min(firsts)
        numbered = [(at, place, name) for place, (at, name) in enumerate(life)]
        if direction == "after":
            way = [e for e in numbered if first <= e[0] <= first + timedelta(hours=100)]
        else:
            way = [e for e in numbered if first - timedelta(hours=100) <= e[0] <= first][::-1]
        names = [name for at, _, name in way if at != first or name == "carted"]
        short = [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name][:4]
        for place, (one, other) in enumerate(pairwise(short), 1):
            links[place, one, other] += 1
        first_nodes[short[1] if len(short) > 1 else ""] += 1
    assert found.n == sum(first_nodes.values())
    assert [(each.event, each.people, each.ended) for each in found.nodes if each.step == 0] == [
        ("carted", found.n, first_nodes[""])
    ]
    del first_nodes[""]
    largest = sorted(first_nodes, key=lambda name: (-first_nodes[name], name))[:2]
    told = {each.target: each.people for each in found.links if each.step == 1}
    assert {name: told[name] for name in largest} == {name: first_nodes[name] for name in largest}
    for step in (1, 2, 3):
        people = sum(each.people for each in found.links if each.step == step)
        assert people == sum(n for (place, _, _), n in links.items() if place == step)
