"""Looks at which events a source has, and at the newest of a kind."""

from typing import Any

from headwater.loading.model import events_key
from headwater.loading.standard import CALL_TABLES
from headwater.schemas.model import (
    EventCount,
    EventsSeenLook,
    Sample,
    SampleLook,
    SampleRow,
)
from headwater.warehouses.duckdb.looks.events import known_slugs
from headwater.warehouses.duckdb.looks.running import Looker, looking
from headwater.warehouses.duckdb.sql import table_name
from headwater.warehouses.duckdb.store import CONFLICTS
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse


def events_seen(warehouse: DuckDBWarehouse, wanted: EventsSeenLook) -> list[EventCount]:
    """The events of a source, the most frequent first."""
    if not known_slugs(warehouse.catalog, [wanted.slug]):
        return []
    sql = (
        'SELECT "type", event_text, any_value(event) AS slug, count(*) AS n,'
        " count(*) FILTER (received_at >= make_timestamp($since)) AS recent,"
        " epoch_us(min(received_at)) AS first, epoch_us(max(received_at)) AS last"
        f" FROM {table_name(events_key(wanted.slug))}"
        f' GROUP BY ALL ORDER BY n DESC, "type", event_text LIMIT {wanted.limit}'
    )
    with looking(warehouse) as looker:
        rows = looker.rows(sql, {"since": wanted.recent_since})
    return [_count(wanted.slug, row) for row in rows]


def _count(slug: str, row: dict[str, Any]) -> EventCount:
    return EventCount(
        type=row["type"],
        event=row["event_text"],
        table=_table(slug, row["type"], row["slug"]),
        count=row["n"],
        count_recent=row["recent"],
        first_seen=row["first"],
        last_seen=row["last"],
    )


def _table(slug: str, kind: str, event_slug: str | None) -> str:
    return f"{slug}.{CALL_TABLES.get(kind) or event_slug or 'tracks'}"


def sample(warehouse: DuckDBWarehouse, wanted: SampleLook) -> Sample:
    """The newest events of a kind."""
    if not known_slugs(warehouse.catalog, [wanted.slug]):
        return Sample(table="", count=0, first_seen=None, last_seen=None, conflicts=0, rows=[])
    table = table_name(events_key(wanted.slug))
    where, values = '"type" = $type', {"type": wanted.type}
    if wanted.event is not None:
        where += " AND event_text = $event"
        values["event"] = wanted.event
    counted = (
        "SELECT count(*) AS n, epoch_us(min(received_at)) AS first,"
        f" epoch_us(max(received_at)) AS last, any_value(event) AS slug FROM {table} WHERE {where}"
    )
    newest = (
        f"SELECT epoch_us(received_at) AS at, properties, context FROM {table} WHERE {where}"
        f" ORDER BY received_at DESC LIMIT {wanted.limit}"
    )
    with looking(warehouse) as looker:
        [known] = looker.rows(counted, values)
        rows: list[dict[str, Any]] = looker.rows(newest, values)
        event_slug = known["slug"] if wanted.event is not None else None
        name = _table(wanted.slug, wanted.type, str(event_slug) if event_slug else None)
        conflicts = _conflicts(looker, name)
    facts: dict[str, Any] = known
    return Sample(
        table=name,
        count=facts["n"],
        first_seen=facts["first"],
        last_seen=facts["last"],
        conflicts=conflicts,
        rows=[SampleRow(row["at"], row["properties"], row["context"]) for row in rows],
    )


def _conflicts(looker: Looker, name: str) -> int:
    schema, _, table = name.partition(".")
    [row] = looker.rows(
        f"SELECT coalesce(sum(count), 0)::BIGINT AS n FROM {CONFLICTS}"
        ' WHERE "schema" = $schema AND "table" = $table',
        {"schema": schema, "table": table},
    )
    return int(str(row["n"]))
