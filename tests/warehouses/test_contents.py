"""What a warehouse holds: tables, counts, freshness, columns, conflicts."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from msgspec.structs import astuple

from headwater.errors import NotFoundError
from headwater.loading.model import Catalog, SourceBatch
from headwater.loading.model import Limits as TableLimits
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.queries.contents import Contents, TableKind
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.known_paths import MOST_PATHS, known_paths
from headwater.warehouses.duckdb.served import DuckDBWarehouses

NOW = 1_700_000_000_000_000
WHO = {"userId": "u1"}
SHOP = (
    {"type": "identify", **WHO, "traits": {"plan": "pro"}},
    {"type": "track", "event": "Order Paid", **WHO, "properties": {"total": 5}},
    {"type": "track", "event": "order paid", **WHO, "properties": {"total": "free"}},
    {"type": "page", **WHO, "name": "Home", "context": {"page": {"path": "/"}}},
)
APP = ({"type": "track", "event": "Order Paid", **WHO, "properties": {"device": "phone"}},)


def batch(slug: str, *events: dict[str, Any]) -> SourceBatch:
    rows = [
        accepted({"messageId": f"{slug}-{n}", **event}, now=NOW + n * 1_000_000)
        for n, event in enumerate(events)
    ]
    return SourceBatch(f"id-{slug}", slug, 7, pa.concat_batches(rows))


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouses]:
    made = DuckDBWarehouses(
        tmp_path_factory.mktemp("warehouse"),
        Tuning(memory="300MB", threads=1),
        Limits(max_rows=1000, timeout_seconds=60, concurrency=2),
    )
    for each in (batch("shop", *SHOP), batch("app", *APP)):
        prepared = prepare([each], made.workspace("w").catalog, TableLimits())
        made.commit("w", prepared, [], {each.source_id: each.slug}, {})
    made.merge(lambda _: {})
    yield made
    made.close()


@pytest.fixture(scope="module")
def contents(warehouses: DuckDBWarehouses) -> Contents:
    return warehouses.contents("w")


def test_an_event_view_tells_the_paths_into_its_json(warehouses: DuckDBWarehouses) -> None:
    tables = {(each.schema, each.name): each for each in warehouses.tables("w")}
    paths = {
        name: dict(map(astuple, each.paths))
        for (schema, name), each in tables.items()
        if schema == "main"
    }
    assert paths["order_paid"] == {
        "properties.total": "BIGINT",
        "properties.device": "VARCHAR",
    }
    assert paths["identify"] == {"properties.plan": "VARCHAR"}
    assert paths["page"] == {"context.page.path": "VARCHAR"}
    assert tables["shop", "order_paid"].paths == ()


def test_the_paths_that_are_told_are_bounded() -> None:
    wide = {f"k{n:04}": {"a": n, "b.c": n} for n in range(MOST_PATHS)}
    event = {"type": "track", "event": "Wide", **WHO, "properties": wide}
    prepared = prepare([batch("shop", event)], Catalog(), TableLimits())
    paths = [each.name for each in known_paths(prepared.catalog)["wide"]]
    assert len(paths) == MOST_PATHS
    assert not any("b.c" in path for path in paths)


def test_every_table_that_can_be_asked_is_counted(
    warehouses: DuckDBWarehouses, contents: Contents
) -> None:
    named = {(each.schema, each.name) for each in contents.tables}
    assert named == {(each.schema, each.name) for each in warehouses.tables("w")}
    for each in contents.tables:
        with warehouses.workspace("w").reading() as cursor:
            [(rows,)] = cursor.execute(
                f'SELECT count(*) FROM "{each.schema}"."{each.name}"'
            ).fetchall()
        assert each.rows == rows, each
        assert (each.newest is None) == (rows == 0)


def test_tables_say_of_what_kind_they_are(contents: Contents) -> None:
    kinds = {each.path: each.kind for each in contents.tables}
    assert kinds["order_paid"] is TableKind.EVENTS
    assert kinds["track"] is TableKind.EVENTS
    assert kinds["tracks"] is TableKind.UNION
    assert kinds["shop.order_paid"] is TableKind.TABLE
    assert kinds["quarantine"] is TableKind.KEPT


def test_the_whole_has_a_size_a_count_and_a_newest_event(contents: Contents) -> None:
    assert contents.events == 5
    assert contents.bytes > 0
    assert contents.newest == "2023-11-14T22:13:23.000Z"
    assert {(n.schema, n.event, n.table) for n in contents.names} == {
        ("shop", "Order Paid", "order_paid"),
        ("shop", "order paid", "order_paid"),
        ("app", "Order Paid", "order_paid"),
    }


def test_a_conflict_names_the_type_that_takes_every_value(contents: Contents) -> None:
    [conflict] = contents.conflicts
    assert (conflict.schema, conflict.table, conflict.column) == ("shop", "order_paid", "total")
    assert (conflict.type, conflict.suggestion, conflict.events) == ("BIGINT", "text", 1)
    assert conflict.examples == ('"free"',)


def test_a_table_shows_where_its_columns_come_from_and_how_full_they_are(
    warehouses: DuckDBWarehouses,
) -> None:
    detail = warehouses.table("w", "shop", "order_paid")
    columns = {each.name: each for each in detail.columns}
    assert columns["total"].paths == ("total",)
    assert (columns["total"].filled, detail.facts.rows) == (1, 2)
    assert detail.names == ("Order Paid", "order paid")
    assert [each.column for each in detail.conflicts] == ["total"]
    page = {c.name: c for c in warehouses.table("w", "shop", "pages").columns}
    assert page["context_page_path"].paths == ("context.page.path",)


def test_a_view_has_columns_and_no_size(warehouses: DuckDBWarehouses) -> None:
    detail = warehouses.table("w", "main", "order_paid")
    assert detail.facts.rows == 3
    assert detail.bytes is None
    assert [each.name for each in detail.columns][:3] == ["messageId", "type", "event"]


def test_a_table_that_is_not_there_is_not_found(warehouses: DuckDBWarehouses) -> None:
    with pytest.raises(NotFoundError):
        warehouses.table("w", "shop", "nothing")
    with pytest.raises(NotFoundError):
        warehouses.table("w", "_headwater", "names")


def test_it_is_counted_anew_after_each_load(warehouses: DuckDBWarehouses) -> None:
    before = warehouses.contents("w")
    assert warehouses.contents("w") is before
    again = batch("later", {"type": "track", "event": "Order Paid", "userId": "u2"})
    prepared = prepare([again], warehouses.workspace("w").catalog, TableLimits())
    warehouses.commit("w", prepared, [], {again.source_id: again.slug}, {})
    assert warehouses.contents("w").events == before.events + 1
