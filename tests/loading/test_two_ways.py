"""The plan gives what the generic way gives, whatever it is shown and however it is cut up."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headwater.loading import generic
from headwater.loading.learning import Learning
from headwater.loading.losses import SAMPLES, Losses, Lost, Place, place
from headwater.loading.model import (
    ARROW_TYPES,
    Catalog,
    Limits,
    Origin,
    Table,
    TableKey,
)
from headwater.loading.plan import Plan, UnplannedError
from headwater.loading.shape import Room, conform, shape
from headwater.loading.shaped import Task
from headwater.loading.standard import event_table

KEY = TableKey("shop", "thing_done")

numbers = (
    st.integers(-5, 5)
    | st.sampled_from([2**63 - 1, 2**63, -(2**63), 10**30, 10**400, 9007199254740993])
    | st.sampled_from([0.0, -0.0, 5.0, 5.5, 1e20, -1e300, 1e-7])
    | st.floats(allow_nan=False, allow_infinity=False)
)
texts = st.sampled_from(
    [
        "",
        "x",
        "注",
        "2023-06-14",
        "2023-06-14T05:23:59.5Z",
        "2023-06-14T05:23:59+0530",
        "2023-02-30",
        "2023-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "true",
        "5",
    ]
) | st.text(max_size=5)
scalars = st.none() | st.booleans() | numbers | texts
keys = st.sampled_from(
    ["a", "b", "fooBar", "foo_bar", "a.b", "id", "userId", "name", "数量", "", "f0", "order"]
) | st.text(max_size=3)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(keys, values, max_size=5)

# Rows as a program sends them: always the same keys, now and then another type.
steady = st.fixed_dictionaries(
    {
        "order_id": st.text(max_size=4),
        "revenue": st.sampled_from([1, 2.5, 3.0, None]),
        "when": st.sampled_from(["2023-06-14T05:23:59.123Z", "2023-06-14", "later", None]),
        "isNew": st.booleans(),
        "page": st.none() | st.fixed_dictionaries({"url": st.text(max_size=3), "n": st.integers()}),
    },
    optional={"products": st.lists(st.integers(), max_size=2), "page.url": scalars},
)
rows_of = st.lists(documents, max_size=6) | st.lists(steady, max_size=12)


def texts_of(objects: Sequence[Any]) -> pa.Array:
    # With the standard library, for msgspec does not write integers beyond 64 bits.
    return pa.array([json.dumps(each, ensure_ascii=False) for each in objects], pa.string())


def fresh(limits: Limits) -> Learning:
    learning = Learning(Catalog(), limits)
    learning.learn(event_table(KEY.schema, KEY.table))
    return learning


def by_both_ways(
    learning: Learning, pieces: Sequence[Sequence[Any]]
) -> tuple[dict[str, list[Any]], list[Lost], Table]:
    room = Room(learning.catalog, learning.limits, learning.learn)
    parts, losses, start = [], Losses(), 0
    for piece in pieces:
        columns, these = shape(texts_of(piece), KEY, Origin.PROPERTIES, {}, room)
        parts.append((len(piece), columns))
        losses.absorb(these, start)
        start += len(piece)
    table = learning.catalog.table(KEY)
    assert table is not None
    found: dict[str, list[Any]] = {}
    for name in dict.fromkeys(name for _, columns in parts for name in columns):
        kind = ARROW_TYPES[table.columns[name].type]
        found[name] = [
            value
            for rows, columns in parts
            for value in (
                conform(columns[name], kind).to_pylist() if name in columns else [None] * rows
            )
        ]
    return found, losses.found(), table


def told(lost: Sequence[Lost]) -> dict[Place, tuple[int, list[Lost]]]:
    """How many values each place lost, and which, where all of them are noted."""
    by_place: dict[Place, list[Lost]] = {}
    for item in lost:
        by_place.setdefault(place("", "", item.column, item.reason), []).append(item)
    totals = {where: sum(item.count for item in items) for where, items in by_place.items()}
    return {
        where: (totals[where], items if totals[where] <= SAMPLES else [])
        for where, items in by_place.items()
    }


def by_the_generic_way(
    learning: Learning, objects: Sequence[Any]
) -> tuple[dict[str, list[Any]], list[Lost], Table]:
    table = learning.catalog.table(KEY)
    assert table is not None
    task = Task(table, Origin.PROPERTIES, learning.limits.max_columns)
    shaped = generic.shape(texts_of(objects).to_pylist(), task, {}, Losses())
    for change in shaped.changes:
        learning.learn(change)
    after = learning.catalog.table(KEY)
    assert after is not None
    return {n: c.to_pylist() for n, c in shaped.columns.items()}, shaped.lost, after


def filled(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {n: cells for n, cells in columns.items() if any(c is not None for c in cells)}


@settings(max_examples=400, deadline=None)
@given(st.lists(rows_of, min_size=1, max_size=4), st.integers(9, 14))
@example([[{"a": 1}], [{"a": 2.5}], [{"a": 3}]], 20)
@example([[{"a": 5}], [{"a": "x"}], [{"a": "y"}, {"a": 5.0}, {"a": 5.5}]], 20)
@example([[{"a": None, "b": {}}], [{"a": None, "b": {}}], [{"a": {"b": 1}, "b": 1}]], 20)
@example([[{"fooBar": 1, "foo_bar": 2}], [{"fooBar": 1}, {"foo_bar": 2}]], 20)
@example([[{"a": 1}], [{"a": {"c": 1}}], [{"a": 1}, {"a": {"c": 2}}, {"a": {"c": "x"}}]], 20)
@example([[{"t": "2023-06-14"}], [{"t": "no"}], [{"t": "2023-06-15"}, {"t": "no"}]], 20)
def test_both_ways_agree_however_the_rows_are_cut(
    pieces: list[list[Any]], max_columns: int
) -> None:
    limits = Limits(max_columns=max_columns)
    everything = [each for piece in pieces for each in piece]
    columns, lost, table = by_both_ways(fresh(limits), [p for p in pieces if p])
    alone, lost_alone, table_alone = by_the_generic_way(fresh(limits), everything)
    assert filled(columns) == filled(alone)
    assert told(lost) == told(lost_alone)
    assert dict(table.columns) == dict(table_alone.columns)


@settings(max_examples=200, deadline=None)
@given(st.lists(steady, min_size=1, max_size=10), st.lists(steady | documents, max_size=10))
def test_a_plan_that_does_not_give_up_gives_what_the_generic_way_gives(
    first: list[Any], second: list[Any]
) -> None:
    learning = fresh(Limits())
    by_the_generic_way(learning, first)
    table = learning.catalog.table(KEY)
    assert table is not None
    rows = second or first
    plan = Plan(table.columns.values(), Origin.PROPERTIES, (), ())
    try:
        shaped = plan.shape(texts_of(rows), {}, Losses())
    except UnplannedError:
        return
    columns, lost, after = by_the_generic_way(learning, rows)
    assert filled({n: c.to_pylist() for n, c in shaped.columns.items()}) == filled(columns)
    assert told(shaped.lost) == told(lost)
    assert after is table


def test_rows_like_those_before_take_the_plan() -> None:
    learning = fresh(Limits())
    rows = [{"n": i, "t": "2023-06-14T05:23:59Z", "o": {"p": [i]}, "e": None} for i in range(20)]
    by_both_ways(learning, [rows])
    table = learning.catalog.table(KEY)
    assert table is not None
    recall = learning.catalog.recall[KEY, Origin.PROPERTIES]
    plan = Plan(table.columns.values(), Origin.PROPERTIES, recall.silent, ())
    assert len(plan.shape(texts_of(rows), {}, Losses()).columns["n"]) == 20


@pytest.mark.parametrize("odd", [0, 700, 2999])
def test_one_odd_row_among_many_is_found_and_taken(odd: int) -> None:
    rows: list[Any] = [{"n": i} for i in range(3000)]
    rows[odd] = {"n": odd, "surprise": [1]}
    columns, lost, _ = by_both_ways(fresh(Limits()), [rows])
    assert columns["n"] == list(range(3000))
    assert [row for row, value in enumerate(columns["surprise"]) if value] == [odd]
    assert lost == []
