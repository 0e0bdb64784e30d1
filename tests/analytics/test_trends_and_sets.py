"""Trends and sets, the same from DuckDB and PostgreSQL, and as pandas computes them."""

from datetime import datetime
from typing import Any

import msgspec
import pandas as pd
import pytest

from headwater.analytics.conditions import Condition
from headwater.analytics.engine import compiled
from headwater.analytics.events import Events
from headwater.analytics.kinds import sets, trends
from headwater.errors import InvalidError
from tests.analytics.test_kinds import BOUGHT, NOW, TABLES, Engine, rows
from tests.analytics.test_kinds import engine as made_engine

engine = made_engine
ORDERS = "Order Completed"


def asked(kind: Any, engine: Engine, **request: Any) -> Any:
    wanted = msgspec.convert({"period": {"days": 30}, **request}, kind.ANALYSIS.request)
    return kind.ask(wanted, Events(engine, NOW, wanted.people))


def orders(frequency: str, zone: str = "UTC") -> Any:
    """The orders by when they were, as pandas has them."""
    frame = pd.DataFrame(rows()["order_completed"])
    here = frame["timestamp"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return frame.assign(at=here).groupby(pd.Grouper(key="at", freq=frequency, label="left"))


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("count", lambda found: found["id"].count()),
        ("people", lambda found: found["user_id"].nunique()),
        ("sum", lambda found: found["revenue"].sum()),
        ("average", lambda found: found["revenue"].mean()),
        ("median", lambda found: found["revenue"].median()),
        ("percentile", lambda found: found["revenue"].quantile(0.9)),
        ("minimum", lambda found: found["revenue"].min()),
        ("maximum", lambda found: found["revenue"].max()),
    ],
)
def test_a_trend_measures_as_pandas_does(engine: Engine, of: str, expected: Any) -> None:
    series = [{"event": ORDERS, "of": of, "property": "revenue"}]
    for each, frequency in (("day", "D"), ("month", "MS")):
        found = asked(trends, engine, series=series, each=each, period={"days": 90})
        told = expected(orders(frequency))
        values = dict(zip(found.at, found.lines[0].values, strict=True))
        for at, value in told.items():
            assert values[at.to_pydatetime()] == pytest.approx(value, nan_ok=True) or pd.isna(value)
        whole = expected(pd.DataFrame(rows()["order_completed"]))
        assert found.lines[0].total == pytest.approx(whole)
        assert (found.n, len(found.lines)) == (10, 1)


def test_a_trend_has_each_moment_in_its_zone_and_each_value_of_a_property(engine: Engine) -> None:
    page = [{"event": "page"}]
    by = asked(trends, engine, series=page, by="context.campaign.source", each="week")
    assert [(each.group, each.value, each.n, each.total) for each in by.lines] == [
        ("top", "ads", 15, 15),
        ("top", "news", 5, 5),
    ]
    assert by.at[0].weekday() == 0
    one = asked(trends, engine, series=page, by="context.campaign.source", top=1)
    assert [(each.group, each.value, each.n) for each in one.lines] == [
        ("top", "ads", 15),
        ("rest", None, 5),
    ]
    none = asked(trends, engine, series=page, by="nothing")
    assert [(each.group, each.value, each.n) for each in none.lines] == [("top", None, 20)]
    there = {"days": 30, "zone": "Asia/Shanghai"}
    hours = asked(trends, engine, series=page, each="hour", period=there)
    counted = dict(zip(hours.at, hours.lines[0].values, strict=True))
    assert len(hours.at) == 720
    assert counted[datetime(2026, 11, 19, 20)] == 1  # noqa: DTZ001
    assert sum(counted.values()) == 20


def test_a_trend_stands_beside_the_days_before_and_is_rolled_and_added_up(engine: Engine) -> None:
    page = [{"event": "page"}]
    found = asked(trends, engine, series=page, compare=True, period={"days": 10})
    assert found.lines[0].values == [1] * 9 + [0]
    assert found.lines[0].previous == [1] * 10
    assert (found.lines[0].total, found.lines[0].previous_total) == (9, 10)
    rolled = asked(trends, engine, series=page, rolling=2, period={"days": 3})
    assert rolled.lines[0].values == [None, 1, 0.5]
    summed = asked(trends, engine, series=page, cumulative=True, period={"days": 4})
    assert summed.lines[0].values == [1, 2, 3, 3]
    several = [
        {"event": ORDERS, "of": "per_person"},
        {"event": ORDERS, "where": [{"name": "revenue", "operator": "more", "value": 1300}]},
    ]
    told = asked(trends, engine, series=several, people=BOUGHT)
    assert [(each.n, each.total) for each in told.lines] == [(10, 1), (1, 1)]
    with pytest.raises(InvalidError, match="what can be added up"):
        asked(trends, engine, series=[{"event": "page", "of": "people"}], cumulative=True)
    with pytest.raises(InvalidError, match="of which property"):
        asked(trends, engine, series=[{"event": "page", "of": "median"}])
    with pytest.raises(InvalidError, match="there is no event"):
        asked(trends, engine, series=[{"event": "Nothing"}])


def test_two_lists_have_an_intersection_a_union_and_a_difference(engine: Engine) -> None:
    groups = [
        {"name": "A", "people": {"ids": ["1", "2", "3"]}},
        {"name": "B", "people": {"ids": ["2", "3", "4"]}},
    ]
    found = asked(sets, engine, groups=groups)
    assert {tuple(each.groups): each.members for each in found.regions} == {
        ("A", "B"): ["2", "3"],
        ("A",): ["1"],
        ("B",): ["4"],
    }
    assert (found.n, found.intersection, found.symmetric_difference) == (4, 2, 2)
    assert [(each.people, each.alone) for each in found.groups] == [(3, 1), (3, 1)]
    assert found.jaccard == 0.5
    with pytest.raises(InvalidError, match="a name of its own"):
        asked(sets, engine, groups=[groups[0], groups[0]])


def test_conditions_and_lists_are_sets_together_as_pythons_are(engine: Engine) -> None:
    told = rows()
    buyers = {each["user_id"] for each in told["order_completed"]}
    pro = {each["id"] for each in told["users"] if each["plan"] == "pro"}
    listed = {"u0", "u1", "u2", "stranger"}
    groups = [
        {"name": "buyers", "people": BOUGHT},
        {"name": "pro", "people": {"traits": [{"name": "plan", "value": "pro"}]}},
        # A device is the person that it was tied to.
        {"name": "listed", "people": {"ids": ["d0", "u1", "u2", "stranger"]}},
    ]
    found = asked(sets, engine, groups=groups, shown=100)
    every = {"buyers": buyers, "pro": pro, "listed": listed}
    assert found.n == len(buyers | pro | listed)
    assert found.symmetric_difference == len(buyers ^ pro ^ listed)
    assert found.intersection == len(buyers & pro & listed)
    for region in found.regions:
        inside = set.intersection(*[every[name] for name in region.groups])
        others = [those for name, those in every.items() if name not in region.groups]
        assert set(region.members) == inside.difference(*others)
        assert region.people == len(region.members)
    among = asked(sets, engine, groups=groups, people={"ids": ["u1", "u2"]})
    assert among.n == 2


def test_a_group_may_be_who_a_source_knows() -> None:
    """By the tables in the source's own schema."""
    data = Events(_Sourced(), NOW)
    assert '"web"."tracks"' in compiled(data.people(Condition(source="web")), "duckdb")
    with pytest.raises(InvalidError, match="nothing from a source"):
        data.people(Condition(source="shop"))


class _Sourced(Engine):
    """A workspace with one source."""

    def __init__(self) -> None:
        pass

    def tables(self) -> dict[str, dict[str, str]]:
        texts = {name: "string" for name, kind in TABLES["tracks"].items() if str(kind) == "string"}
        return {"web.tracks": texts, "tracks": texts}
