"""A small warehouse in memory: two sources' events, one event table, and what can be named."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import pytest

from headwater.queries.catalog import Columns, EventRelation
from headwater.queries.guard import guard
from headwater.queries.resolve import resolve
from headwater.queries.tree import check_tree, tables_of

SHAPE_SQL = (
    "SELECT id AS messageId, type, event, user_id AS userId, anonymous_id AS anonymousId, "
    "timestamp, received_at AS receivedAt, properties, context FROM _headwater.events_web"
)
TYPED = (
    "(SELECT id AS messageId, user_id AS userId, anonymous_id AS anonymousId, "
    "received_at AS receivedAt, * FROM web.order_completed)"
)
FULL = (
    "(SELECT t.*, e.type, e.properties, e.context FROM (SELECT id AS messageId, user_id AS userId,"
    " anonymous_id AS anonymousId, received_at AS receivedAt, * FROM web.order_completed) t "
    "JOIN _headwater.events_web e ON e.id = t.id)"
)
TYPES = ("identify", "track", "page", "screen", "group", "alias")

Event = Mapping[str, Any]
Ask = Callable[[str], Sequence[tuple[Any, ...]]]


class MemoryWarehouse:
    """Answers as the warehouse does, by guard, resolution and second look, on DuckDB in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA _headwater; CREATE SCHEMA web")
        self.connection.execute(
            "CREATE TABLE _headwater.events_web (id VARCHAR, type VARCHAR, event VARCHAR, "
            "user_id VARCHAR, anonymous_id VARCHAR, timestamp TIMESTAMP, received_at TIMESTAMP, "
            "properties JSON, context JSON)"
        )
        self.connection.execute(
            "CREATE TABLE web.order_completed (id VARCHAR, event VARCHAR, user_id VARCHAR, "
            "anonymous_id VARCHAR, timestamp TIMESTAMP, received_at TIMESTAMP, "
            "revenue DOUBLE, coupon VARCHAR, quantity BIGINT)"
        )
        self.connection.execute("CREATE TABLE web.users (id VARCHAR, email VARCHAR)")
        for kind in TYPES:
            self.connection.execute(f"CREATE VIEW \"{kind}\" AS {SHAPE_SQL} WHERE type = '{kind}'")
        for event in ("order_completed", "page_view"):
            self.connection.execute(f"CREATE VIEW {event} AS {SHAPE_SQL} WHERE event = '{event}'")
        self.connection.execute("CREATE VIEW users AS SELECT * FROM web.users")

    def add(self, *events: Event) -> None:
        """Add events; each says its `properties` and what else matters."""
        for number, event in enumerate(events):
            row = {"type": "track", "event": "thing", "user_id": f"u{number}"} | dict(event)
            values = [
                row.get("id", f"m{number}"),
                row["type"],
                row["event"],
                row["user_id"],
                row.get("timestamp", "2026-11-01"),
                json.dumps(row.get("properties", {})),
                json.dumps(row.get("context", {})),
            ]
            self.connection.execute(
                "INSERT INTO _headwater.events_web "
                "VALUES (?, ?, ?, ?, NULL, ?, '2026-11-01', ?, ?)",
                values,
            )

    def event(self, name: str) -> EventRelation | None:
        if name == "order_completed":
            return EventRelation(name, self._columns(TYPED), TYPED, FULL)
        if name in (*TYPES, "page_view"):
            return EventRelation(name, {}, name, name)
        return None

    def columns(self, schema: str, table: str) -> Columns | None:
        try:
            return self._columns(f'"{schema or "main"}"."{table}"')
        except duckdb.CatalogException:
            return None

    def _columns(self, relation: str) -> Columns:
        rows = self.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        return {name.lower(): kind for name, kind, *_ in rows}

    def resolved(self, sql: str) -> str:
        """The SQL that a question becomes, seen twice."""
        found = resolve(guard(sql), self)
        granted = frozenset(
            table
            for relation in found.relations
            for table in tables_of(self._serialized(f"SELECT * FROM {relation}"))
        )
        check_tree(self._serialized(found.sql), granted=granted)
        return found.sql

    def _serialized(self, sql: str) -> str:
        row = self.connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
        assert row is not None
        return str(row[0])

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(self.resolved(sql)).fetchall()

    def names(self, sql: str) -> list[str]:
        """The names of the result's columns."""
        found = resolve(guard(sql), self)
        names = [column[0] for column in self.connection.execute(found.sql).description]
        return [found.titles.get(position, name) for position, name in enumerate(names)]


@pytest.fixture
def warehouse() -> Iterator[MemoryWarehouse]:
    made = MemoryWarehouse()
    yield made
    made.connection.close()


@pytest.fixture
def ask(warehouse: MemoryWarehouse) -> Ask:
    return warehouse.ask
