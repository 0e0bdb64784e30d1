"""Looks at what the warehouse holds of some messageIds."""

from typing import Any, Final

from headwater.debugger.model import KeptAside, Loaded, Whereabouts, WhereaboutsLook
from headwater.loading.model import events_key
from headwater.warehouses.duckdb.export import shaped
from headwater.warehouses.duckdb.looks.events import SELECTED, known_slugs
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.sql import table_name, text
from headwater.warehouses.duckdb.store import QUARANTINE
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_MOST: Final = 1_000


def whereabouts(warehouse: DuckDBWarehouse, wanted: WhereaboutsLook) -> Whereabouts:
    """The rows and the quarantined events with these ids."""
    values: dict[str, object] = {f"id{n}": each for n, each in enumerate(wanted.message_ids)}
    if not values:
        return Whereabouts([], [])
    listed = ", ".join(f"${name}" for name in values)
    where = f"id IN ({listed})"
    if wanted.received is not None:
        # Written out: of parameters it is not known in time which blocks of a table to pass over.
        since, until = wanted.received
        where += f" AND received_at BETWEEN make_timestamp({since}) AND make_timestamp({until})"
    parts = " UNION ALL ".join(
        f"SELECT {text(slug)} AS slug, {SELECTED} FROM {table_name(events_key(slug))} WHERE {where}"
        for slug in known_slugs(warehouse.catalog, wanted.slugs)
    )
    sources = {f"source{n}": each for n, each in enumerate(wanted.source_ids)}
    named = ", ".join(f"${name}" for name in sources) or "NULL"
    kept = (
        "SELECT source_id, id AS message_id, epoch_us(received_at) AS received_at, reason, detail,"
        f" key, raw FROM {QUARANTINE} WHERE {where} AND source_id IN ({named})"
        f" ORDER BY received_at LIMIT {_MOST}"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(f"{parts} LIMIT {_MOST}", values) if parts else []
        aside: list[dict[str, Any]] = looker.rows(kept, values | sources)
    return Whereabouts(
        [Loaded(row["slug"], row["id"], row["received_at"], shaped(row)) for row in rows],
        [KeptAside(**row) for row in aside],
    )
