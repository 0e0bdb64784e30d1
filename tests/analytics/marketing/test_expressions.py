from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
import pytest

from headwater.analytics.marketing import crediting, exposures, moments, spend
from headwater.analytics.marketing.visits import MEMBERS, By, visits
from headwater.statistics.attribution import time_decay

START = datetime(2026, 1, 1)  # noqa: DTZ001
TEXT, TIME, NUMBER = pa.string(), pa.timestamp("us"), pa.float64()
Both = Callable[[dict[str, pa.Table]], Callable[[Any], list[tuple[Any, ...]]]]

PAGES = {"person": TEXT, "at": TIME, "id": TEXT, **dict.fromkeys([*MEMBERS, "gclid"], TEXT)}
_IBIS = {TEXT: "string", TIME: "timestamp(6)", NUMBER: "float64"}


def named(name: str, types: dict[str, pa.DataType]) -> Any:
    return ibis.table({column: _IBIS[kind] for column, kind in types.items()}, name=name)


def table(rows: list[dict[str, Any]], types: dict[str, pa.DataType]) -> pa.Table:
    return pa.Table.from_pylist(rows, pa.schema(list(types.items())))


def page(person: str, minutes: int, **said: str) -> dict[str, Any]:
    return {"person": person, "at": START + timedelta(minutes=minutes), **said}


def numbered(rows: list[dict[str, Any]]) -> pa.Table:
    return table([{**row, "id": f"{at:05}"} for at, row in enumerate(rows)], PAGES)


def test_visits_begin_after_half_an_hour_and_with_another_campaign(both: Both) -> None:
    ask = both(
        {
            "pages": numbered(
                [
                    page("ada", 0, source="july", medium="email"),
                    page("ada", 5),
                    page("ada", 10, source="july", medium="email"),
                    page("ada", 12, source="google", gclid="x"),
                    page("ada", 100),
                    page("li", 0, kind="search", site="百度"),
                    page("li", 29, kind="internal"),
                ]
            )
        }
    )
    pages = named("pages", PAGES)
    channels = [(who, how) for who, _, how in sorted(ask(visits(pages, By.CHANNEL)))]
    assert channels == [("ada", "email"), ("ada", "paid"), ("ada", "direct"), ("li", "search")]
    sources = sorted(how for _, _, how in ask(visits(pages, By.SOURCE_MEDIUM)))
    assert sources == ["direct / (none)", "google / (none)", "july / email", "百度 / (none)"]
    clicks = Counter(how for _, _, how in ask(visits(pages, By.CLICK_ID)))
    assert clicks == {"(none)": 3, "gclid": 1}
    for by in By:
        assert len(ask(visits(pages, by))) == 4


@pytest.fixture
def journeys() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Touches of many people by chance, and conversions of some of them."""
    draw = np.random.default_rng(9)
    touches = [
        {
            "person": f"p{draw.integers(40)}",
            "at": START + timedelta(minutes=int(at)),
            "key": str(draw.choice(["ads", "mail", "direct"])),
        }
        for at in draw.choice(40_000, 400, replace=False)
    ]
    conversions = [
        {"person": f"p{at % 30}", "at": START + timedelta(days=19, hours=at), "value": float(at)}
        for at in range(0, 90, 2)
    ]
    return touches, conversions


def test_paths_and_credits_are_those_of_going_through_all_touches(
    both: Both, journeys: tuple[list[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    touches, conversions = journeys
    shapes = (
        {"person": TEXT, "at": TIME, "key": TEXT},
        {"person": TEXT, "at": TIME, "value": NUMBER},
    )
    ask = both({"touches": table(touches, shapes[0]), "acts": table(conversions, shapes[1])})
    seen, acts = named("touches", shapes[0]), named("acts", shapes[1])
    reached = crediting.reached(seen, acts, 7)

    paths: Counter[str] = Counter()
    lasts: Counter[str] = Counter()
    decayed: defaultdict[str, float] = defaultdict(float)
    touches.sort(key=lambda touch: touch["at"])
    for act in conversions:
        mine = [t for t in touches if t["person"] == act["person"]]
        ages = [(act["at"] - t["at"]) / timedelta(days=1) for t in mine]
        those = [(t["key"], age) for t, age in zip(mine, ages, strict=True) if 0 <= age <= 7]
        if those:
            paths[crediting.SEPARATOR.join(key for key, _ in those)] += 1
            lasts[those[-1][0]] += 1
            for (key, _), weight in zip(
                those, time_decay([age for _, age in those], 3), strict=True
            ):
                decayed[key] += weight * act["value"]
    assert len(paths) > 10
    assert {path: n for path, n, _ in ask(crediting.converting(reached))} == paths
    assert {key: n for key, n, *_ in ask(crediting.last(reached))} == lasts
    by_time = {key: value for key, _, value in ask(crediting.decayed(reached, 3))}
    assert by_time == pytest.approx(decayed)

    never = {touch["person"] for touch in touches} - {act["person"] for act in conversions}
    assert sum(people for _, people in ask(crediting.leaving(seen, acts))) == len(never)


def test_rare_channels_are_taken_together() -> None:
    found = crediting.paths_of([("a\x1fb", 5, 9.0), ("c", 1, None)], [("a", 3)], most=1)
    assert [path.channels for path in found] == [("a",), ("a", "(other)"), ("(other)",)]
    assert [path.without for path in found] == [3, 0, 0]


def test_of_a_day_what_was_said_last_is_what_it_cost(both: Both) -> None:
    types = {"at": TIME, "received": TIME, **dict.fromkeys(spend.KEYS, TEXT)}
    types |= dict.fromkeys(spend.NUMBERS, NUMBER)
    day, later = START + timedelta(hours=3), START + timedelta(days=40)
    rows = [
        {"at": day, "received": START, "campaign": "spring", "cost": 10.0, "clicks": 4.0},
        {"at": START, "received": later, "campaign": " spring", "cost": 12.0, "clicks": 5.0},
        {"at": later, "received": later, "campaign": "spring", "cost": 1.5},
        {"at": day, "received": START, "campaign": "autumn", "cost": 7.0},
    ]
    ask = both({"spends": table(rows, types)})
    costs = spend.latest(named("spends", types))
    found = {
        key: (cost, clicks) for key, _, cost, _, clicks in ask(spend.by_key(costs, costs.campaign))
    }
    assert found == {"spring": (13.5, 5), "autumn": (7, 0)}


def test_the_first_variant_counts_and_what_follows_in_time(both: Both) -> None:
    sight = {"person": TEXT, "at": TIME, "id": TEXT, "variant": TEXT}
    act = {"person": TEXT, "at": TIME, "value": NUMBER}

    def hours(count: int) -> datetime:
        return START + timedelta(hours=count)

    seen = [
        {"person": "a", "at": hours(1), "id": "1", "variant": "old"},
        {"person": "a", "at": hours(2), "id": "2", "variant": "old"},
        {"person": "b", "at": hours(1), "id": "3", "variant": "new"},
        {"person": "c", "at": hours(1), "id": "4", "variant": "new"},
        {"person": "c", "at": hours(3), "id": "5", "variant": "old"},
    ]
    acts = [
        {"person": "a", "at": hours(0), "value": 5.0},
        {"person": "b", "at": hours(2), "value": 7.0},
        {"person": "b", "at": hours(3), "value": 1.0},
        {"person": "c", "at": hours(500), "value": 9.0},
    ]
    ask = both({"seen": table(seen, sight), "acts": table(acts, act)})
    firsts = exposures.first_seen(named("seen", sight))
    assert sorted((who, variant, n) for who, _, variant, n in ask(firsts)) == [
        ("a", "old", 1),
        ("b", "new", 1),
        ("c", "new", 2),
    ]
    told = ask(exposures.outcomes(firsts, named("acts", act), 7))
    assert sorted(told) == [("new", 2, 1, 8), ("old", 1, 0, 0)]


def test_hours_are_those_of_each_persons_own_clock(both: Both) -> None:
    types = {"person": TEXT, "at": TIME, "zone": TEXT}
    zones = ["Asia/Shanghai", "America/New_York", None, "Nowhere/At_All"]
    draw = np.random.default_rng(10)
    rows = [
        {
            "person": f"p{draw.integers(20)}",
            "at": START + timedelta(minutes=int(draw.integers(400_000))),
            "zone": zones[draw.integers(4)],
        }
        for _ in range(300)
    ]
    ask = both({"acts": table(rows, types)})
    acts = named("acts", types)
    zone = moments.zone_of(acts.zone, ["America/New_York", "Asia/Shanghai"], "Europe/Berlin")
    told = acts.mutate(local=moments.local(acts.at, zone))
    expected: Counter[tuple[int, int]] = Counter()
    for row in rows:
        known = row["zone"] if row["zone"] in zones[:2] else "Europe/Berlin"
        there = row["at"].replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(known))
        expected[there.weekday(), there.hour] += 1
    found = ask(moments.slots(told))
    assert {(day, hour): n for day, hour, n, *_ in found} == expected
    assert sum(share for *_, share in found) == pytest.approx(len({row["person"] for row in rows}))
