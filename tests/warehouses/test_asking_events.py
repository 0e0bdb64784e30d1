"""Questions to a whole warehouse file, as the loader makes it: the views, paths and readings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headwater.errors import QueryError, QueryRefusedError, WarehouseError
from headwater.loading.announce import announce
from headwater.loading.model import Catalog, SourceBatch
from headwater.loading.model import Limits as TableLimits
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.queries.model import Question
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses

NOW = 1_700_000_000_000_000
TABLES = TableLimits(1000, 500)
LIMITS = Limits(max_rows=1000, timeout_seconds=60, concurrency=2)
EVENTS = (
    {"type": "identify", "userId": "u1", "traits": {"signedUp": True, "plan": "pro"}},
    {"type": "identify", "userId": "u2", "traits": {"signedUp": False, "plan": None}},
    {
        "type": "track",
        "event": "Order Completed",
        "userId": "u1",
        "properties": {"revenue": 40, "coupon": "TEN", "items": [{"sku": "a"}, {"sku": "b"}]},
        "context": {"page": {"url": "https://shop.example/thanks"}},
    },
    {
        "type": "track",
        "event": "Order Completed",
        "userId": "u2",
        "properties": {"revenue": 2.5, "items": []},
    },
    {"type": "track", "event": "Page View", "userId": "u1", "timestamp": "2023-10-02T00:00:00Z"},
    {"type": "track", "event": "Page View", "userId": "u1", "timestamp": "2023-10-03T00:00:00Z"},
    {"type": "track", "event": "Page View", "userId": "u2", "timestamp": "2023-09-30T00:00:00Z"},
    {"type": "group", "groupId": "g1", "userId": "u1", "traits": {"name": "ACME"}},
)


def batch(slug: str, *events: dict[str, Any]) -> SourceBatch:
    """Events as the pipeline hands them on."""
    rows = [
        accepted({"messageId": f"{slug}-{n}", **event}, now=NOW + n * 1_000_000)
        for n, event in enumerate(events)
    ]
    return SourceBatch(f"id-{slug}", slug, 7, pa.concat_batches(rows))


def opened(folder: Path, **rest: Any) -> DuckDBWarehouses:
    return DuckDBWarehouses(folder, Tuning(memory="300MB", threads=1), LIMITS, **rest)


def load(warehouses: DuckDBWarehouses, *batches: SourceBatch) -> None:
    catalog: Catalog = warehouses.workspace("w").catalog
    prepared = prepare(list(batches), catalog, TABLES)
    slugs = {each.source_id: each.slug for each in batches}
    warehouses.commit("w", prepared, [], slugs, {"accepted": {"0": 1}})


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouses]:
    made = opened(tmp_path_factory.mktemp("warehouse"))
    shop = announce(["shop"], made.workspace("w").catalog, TABLES)
    made.commit("w", shop, [], {"id-shop": "shop"}, {})
    load(made, batch("shop", *EVENTS))
    app = {"type": "track", "event": "Order Completed", "userId": "u3"}
    load(made, batch("app", {**app, "properties": {"revenue": 7, "device": "phone"}}))
    yield made
    made.close()


def rows(warehouses: DuckDBWarehouses, sql: str) -> list[list[Any]]:
    with warehouses.ask(Question(sql=sql, workspace_id="w")).body as body:
        return [list(row.values()) for row in json.loads(body.read())["data"]]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT COUNT(*) FROM identify WHERE properties.signedUp = true", [[1]]),
        ("SELECT COUNT(DISTINCT userId) FROM page_view WHERE timestamp > '2023-10-01'", [[1]]),
        ('SELECT properties.name FROM "group"', [["ACME"]]),
        ("SELECT count(*) FROM screen", [[0]]),
        ("SELECT sum(properties.revenue) FROM order_completed", [[49.5]]),
        ("SELECT sum(revenue) FROM order_completed", [[49.5]]),
        ("SELECT sum(revenue) FROM shop.order_completed", [[42.5]]),
        ("SELECT userId, device FROM order_completed WHERE device IS NOT NULL", [["u3", "phone"]]),
        (
            (
                "SELECT revenue, properties.items[1].sku AS sku FROM order_completed "
                "WHERE coupon = 'TEN'"
            ),
            [[40.0, "b"]],
        ),
        (
            "SELECT context.page.url FROM order_completed WHERE context.page.url LIKE 'https%'",
            [["https://shop.example/thanks"]],
        ),
        ("SELECT count(*) FROM tracks", [[6]]),
        ("SELECT plan FROM users WHERE id = 'u1'", [["pro"]]),
        (
            (
                "SELECT u.plan, sum(o.revenue) FROM order_completed o "
                "JOIN users u ON u.id = o.userId GROUP BY ALL ORDER BY 2"
            ),
            [[None, 2.5], ["pro", 40.0]],
        ),
        ("SELECT event FROM page_view LIMIT 1", [["Page View"]]),
        ("SELECT DISTINCT messageId LIKE 'shop-%' FROM page_view", [[True]]),
        ("SELECT count(*) FROM quarantine", [[0]]),
    ],
)
def test_what_people_ask_is_answered(
    warehouses: DuckDBWarehouses, sql: str, expected: list[list[Any]]
) -> None:
    assert rows(warehouses, sql) == expected


def test_an_event_view_has_exactly_the_contracts_columns(warehouses: DuckDBWarehouses) -> None:
    spooled = warehouses.ask(Question(sql="SELECT * FROM order_completed", workspace_id="w"))
    spooled.body.close()
    assert [(column.name, column.type) for column in spooled.answer.columns] == [
        ("messageId", "VARCHAR"),
        ("type", "VARCHAR"),
        ("event", "VARCHAR"),
        ("userId", "VARCHAR"),
        ("anonymousId", "VARCHAR"),
        ("timestamp", "TIMESTAMP"),
        ("receivedAt", "TIMESTAMP"),
        ("properties", "JSON"),
        ("context", "JSON"),
    ]


def test_the_tables_are_listed_without_what_is_internal(warehouses: DuckDBWarehouses) -> None:
    listed = rows(warehouses, "SHOW TABLES")
    assert ["main", "order_completed"] in listed
    assert ["shop", "order_completed"] in listed
    assert not [row for row in listed if row[0] == "_headwater"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM _headwater.events_shop",
        "SELECT * FROM _headwater.positions",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
    ],
)
def test_what_is_not_the_workspaces_own_is_refused(warehouses: DuckDBWarehouses, sql: str) -> None:
    with pytest.raises(QueryRefusedError):
        rows(warehouses, sql)


def test_a_misspelt_name_is_answered_with_the_near_one(warehouses: DuckDBWarehouses) -> None:
    with pytest.raises(QueryError) as failed:
        rows(warehouses, "SELECT count(*) FROM order_complete")
    assert "order_completed" in failed.value.hint


def test_a_folder_at_rest_is_asked_read_only(tmp_path: Path) -> None:
    writing = opened(tmp_path)
    load(writing, batch("shop", *EVENTS))
    writing.close()
    resting = opened(tmp_path, read_only=True)
    assert rows(resting, "SELECT count(*) FROM tracks") == [[5]]
    resting.close()


def test_a_folder_without_a_warehouse_says_so(tmp_path: Path) -> None:
    resting = opened(tmp_path, read_only=True)
    with pytest.raises(WarehouseError):
        rows(resting, "SELECT 1")
