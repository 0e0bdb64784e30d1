"""Looks at how many events there are."""

from typing import Any

from headwater.loading.model import events_key
from headwater.volumes.model import Count, LastLook, VolumesLook
from headwater.warehouses.duckdb.looks.events import known_slugs
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.sql import table_name, text
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse


def volumes(warehouse: DuckDBWarehouse, wanted: VolumesLook) -> list[Count]:
    """The number of events by group and time."""
    slugs = known_slugs(warehouse.catalog, wanted.slugs)
    if not slugs:
        return []
    values: dict[str, object] = {"start": wanted.start, "end": wanted.end}
    where = [
        "received_at >= make_timestamp($start)",
        "received_at < make_timestamp($end)",
        *_narrowed(wanted, values),
    ]
    event = "event_text" if wanted.by_event else "NULL::VARCHAR"
    kind = '"type"' if wanted.by_type else "NULL::VARCHAR"
    parts = " UNION ALL ".join(
        f"SELECT {text(slug) if wanted.by_source else 'NULL::VARCHAR'} AS slug, {event} AS event,"
        f" {kind} AS kind, epoch_us(received_at) // {wanted.width} AS bucket, count(*) AS n"
        f" FROM {table_name(events_key(slug))} WHERE {' AND '.join(where)} GROUP BY ALL"
        for slug in slugs
    )
    sql = f"SELECT slug, event, kind, bucket, sum(n)::BIGINT AS n FROM ({parts}) GROUP BY ALL"
    with looking(warehouse) as looker:
        return [_count(row) for row in looker.rows(sql, values)]


def _narrowed(wanted: VolumesLook, values: dict[str, object]) -> list[str]:
    conditions = []
    for expression, name, chosen in (
        ("event_text", "name", wanted.event_names),
        ('"type"', "type", wanted.event_types),
        ("json_extract_string(context, '/app/version')", "version", wanted.app_versions),
    ):
        if chosen:
            named = {f"{name}{number}": each for number, each in enumerate(chosen)}
            values.update(named)
            listed = ", ".join(f"${each}" for each in named)
            conditions.append(f"{expression} IN ({listed})")
    return conditions


def _count(row: dict[str, Any]) -> Count:
    return Count(row["slug"], row["event"], row["kind"], row["bucket"], row["n"])


def last_events(warehouse: DuckDBWarehouse, wanted: LastLook) -> dict[str, int]:
    """When each source's newest loaded event was received, by the source's slug."""
    slugs = known_slugs(warehouse.catalog, wanted.slugs)
    if not slugs:
        return {}
    parts = " UNION ALL ".join(
        f"SELECT {text(slug)} AS slug, epoch_us(max(received_at)) AS last"
        f" FROM {table_name(events_key(slug))}"
        for slug in slugs
    )
    with looking(warehouse) as looker:
        rows = looker.rows(f"SELECT * FROM ({parts}) WHERE last IS NOT NULL")
    return {str(row["slug"]): int(str(row["last"])) for row in rows}
