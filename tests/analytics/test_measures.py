from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from headwater.analytics.measures import fourfold, of_events, sample, side_by_side
from headwater.statistics.correlation import pearson
from headwater.statistics.probability import together

Both = Callable[[dict[str, pa.Table]], Callable[[Any], list[tuple[Any, ...]]]]
PERSON = pa.schema([("person", pa.string())])
TRAITS = pa.schema([("person", pa.string()), ("number", pa.float64())])
EVENTS = pa.schema([("person", pa.string()), ("at", pa.timestamp("us")), ("number", pa.float64())])


def people(count: int) -> pa.Table:
    return pa.Table.from_pylist([{"person": f"p{at}"} for at in range(count)], PERSON)


def named(name: str, *columns: str) -> Any:
    kinds = {"person": "string", "at": "timestamp(6)", "number": "float64"}
    return ibis.table({column: kinds[column] for column in columns}, name=name)


def test_bought_given_visited_is_0_70(both: Both) -> None:
    """Of 100 people 50 visited, 40 bought, 35 of whom had visited."""
    everybody = people(100)
    ask = both(
        {
            "everybody": everybody,
            "visited": everybody.slice(0, 50),
            "bought": pa.concat_tables([everybody.slice(15, 40), everybody.slice(15, 3)]),
        }
    )
    everyone, visited, bought = (
        named(name, "person") for name in ("everybody", "visited", "bought")
    )
    ((n, a, b, count),) = ask(fourfold(everyone, bought, visited))
    found = together(int(count), int(a), int(b), int(n))
    assert (found.both.share, found.b.share) == (0.35, 0.5)
    assert found.a_given_b.share == pytest.approx(0.70)


def test_ages_and_what_people_spent_lie_on_one_line(both: Both) -> None:
    at = datetime(2026, 11, 1)  # noqa: DTZ001
    spent = {"a": [1500, 500], "b": [2500], "c": [1000, 2000], "d": []}
    rows = [
        {"person": who, "at": at + timedelta(hours=13 * turn), "number": float(each)}
        for who, those in spent.items()
        for turn, each in enumerate(those)
    ]
    ages = [
        {"person": who, "number": age} for who, age in {"a": 30, "b": 40, "c": 50, "d": 9}.items()
    ]
    ask = both(
        {"ages": pa.Table.from_pylist(ages, TRAITS), "orders": pa.Table.from_pylist(rows, EVENTS)}
    )
    orders = named("orders", "person", "at", "number")
    measures = {
        "age": named("ages", "person", "number"),
        "spend": of_events(orders, "sum"),
        "orders": of_events(orders, "count"),
        "days": of_events(orders, "days"),
        "middle": of_events(orders, "median"),
    }
    told = side_by_side(measures, frozenset({"orders"}))
    found = {who: numbers for who, *numbers in ask(told)}
    assert found == {
        "a": [30, 2000, 2, 1, 1000],
        "b": [40, 2500, 1, 1, 2500],
        "c": [50, 3000, 2, 1, 1500],
        "d": [9, None, 0, None, None],
    }
    columns = list(zip(*found.values(), strict=True))
    assert pearson(columns[0], columns[1]).r == 1
    assert pearson(columns[0], columns[1]).n == 3


def test_a_sample_is_of_its_size_and_the_same_in_both_engines(both: Both) -> None:
    ask = both({"many": people(4000)})
    many = named("many", "person")
    found = ask(sample(many, 4000, most=1000))
    assert abs(len(found) - 1000) < 4 * np.sqrt(1000)
    assert len(ask(sample(many, 4000))) == 4000
