"""Repairing a type conflict: the column takes every value, those that came before too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headwater.errors import BadRequestError, NotFoundError, WarehouseStaleError
from headwater.loading.model import Limits, SourceBatch
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.repair import repair
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse, Load

NOW = 1_700_000_000_000_000
Event = Mapping[str, Any]


def batch(events: Sequence[Event], *, start: int = 0) -> SourceBatch:
    made = [
        accepted({"messageId": f"m{start + number}", **event}, now=NOW + (start + number) * 10**6)
        for number, event in enumerate(events)
    ]
    return SourceBatch("id-shop", "shop", 7, pa.concat_batches(made))


def order(**properties: Any) -> Event:
    return {"type": "track", "event": "Order Paid", "userId": "u", "properties": properties}


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    opened = DuckDBWarehouse(tmp_path / "w.duckdb", Tuning(memory="150MB"))
    yield opened
    opened.close()


@pytest.fixture
def load(warehouse: DuckDBWarehouse) -> Callable[..., None]:
    count = 0

    def load(*events: Event) -> None:
        nonlocal count
        prepared = prepare([batch(events, start=count)], warehouse.catalog, Limits())
        count += len(events)
        warehouse.load(Load(prepared, [], {}, {}))

    return load


def rows(warehouse: DuckDBWarehouse, sql: str) -> list[Any]:
    with warehouse.reading() as cursor:
        return cursor.execute(sql).fetchall()


def test_a_number_column_becomes_text_and_takes_the_values_that_did_not_fit(
    warehouse: DuckDBWarehouse, load: Callable[..., None]
) -> None:
    load(order(total=5), order(total="free"), order(total=7))
    done = repair(warehouse, "shop.order_paid", "total", "text")
    assert (done.filled, done.conflicts, done.tables) == (1, 1, ("shop.order_paid",))
    assert rows(warehouse, "SELECT total FROM shop.order_paid ORDER BY id") == [
        ("5",),
        ("free",),
        ("7",),
    ]
    assert rows(warehouse, "SELECT count(*) FROM type_conflicts") == [(0,)]
    load(order(total="later"), order(total=9.5))
    assert rows(warehouse, "SELECT total FROM shop.order_paid ORDER BY id")[-2:] == [
        ("later",),
        ("9.5",),
    ]


def test_a_time_column_that_becomes_text_has_the_texts_as_they_were_sent(
    warehouse: DuckDBWarehouse, load: Callable[..., None]
) -> None:
    load(order(due="2026-03-01"), order(due="soon"))
    repair(warehouse, "shop.order_paid", "due", "text")
    assert rows(warehouse, "SELECT due FROM shop.order_paid ORDER BY id") == [
        ("2026-03-01",),
        ("soon",),
    ]


def test_a_context_column_is_repaired_in_all_tables_of_its_source(
    warehouse: DuckDBWarehouse, load: Callable[..., None]
) -> None:
    load({**order(), "context": {"build": 3}}, {**order(), "context": {"build": "3b"}})
    done = repair(warehouse, "shop.tracks", "context_build", "text")
    assert "shop.order_paid" in done.tables
    assert rows(warehouse, "SELECT context_build FROM shop.tracks ORDER BY id") == [
        ("3",),
        ("3b",),
    ]
    assert rows(warehouse, "SELECT context_build FROM shop.order_paid ORDER BY id") == [
        ("3",),
        ("3b",),
    ]
    assert rows(warehouse, "SELECT count(*) FROM type_conflicts") == [(0,)]


@pytest.mark.parametrize("table", ["identifies", "users"])
def test_a_trait_is_repaired_where_it_is_called_and_where_it_is_kept(
    warehouse: DuckDBWarehouse, load: Callable[..., None], table: str
) -> None:
    who = {"type": "identify", "userId": "u"}
    load({**who, "traits": {"age": 5}}, {**who, "traits": {"age": "unknown"}})
    repair(warehouse, f"shop.{table}", "age", "text")
    assert rows(warehouse, "SELECT age FROM shop.identifies ORDER BY id") == [("5",), ("unknown",)]
    assert rows(warehouse, "SELECT age FROM shop.users") == [("unknown",)]
    load({**who, "traits": {"age": "six"}})
    assert rows(warehouse, "SELECT age FROM shop.users") == [("six",)]


def test_what_is_not_there_is_said(warehouse: DuckDBWarehouse, load: Callable[..., None]) -> None:
    load(order(total=5))
    with pytest.raises(NotFoundError, match="no table"):
        repair(warehouse, "shop.order_padi", "total", "text")
    with pytest.raises(NotFoundError, match="no column"):
        repair(warehouse, "shop.order_paid", "totl", "text")
    with pytest.raises(BadRequestError, match="no type"):
        repair(warehouse, "shop.order_paid", "total", "words")


def test_rows_prepared_before_a_repair_are_prepared_again(
    warehouse: DuckDBWarehouse, load: Callable[..., None]
) -> None:
    load(order(total=5), order(total="free"))
    before = prepare([batch([order(total=8)], start=10)], warehouse.catalog, Limits())
    repair(warehouse, "shop.order_paid", "total", "text")
    with pytest.raises(WarehouseStaleError):
        warehouse.load(Load(before, [], {}, {}))
    after = prepare([batch([order(total=8)], start=10)], warehouse.catalog, Limits())
    warehouse.load(Load(after, [], {}, {}))
    assert rows(warehouse, "SELECT total FROM shop.order_paid WHERE id = 'm10'") == [("8",)]
