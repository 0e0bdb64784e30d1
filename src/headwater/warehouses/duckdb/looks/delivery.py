"""Looks at what became of a source's events on their way in."""

from collections.abc import Mapping
from typing import Any, Final

from headwater.delivery.model import DeliveryCount, DeliveryLook, Dimension, Stage
from headwater.loading.model import events_key
from headwater.warehouses.duckdb.looks.events import known_slugs
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.sql import table_name
from headwater.warehouses.duckdb.store import QUARANTINE
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_RECEIVED: Final[Mapping[Dimension, str]] = {
    Dimension.EVENT_NAME: "event_text",
    Dimension.EVENT_TYPE: '"type"',
    Dimension.APP_VERSION: "json_extract_string(context, '/app/version')",
    Dimension.DISCARD_REASON: "NULL",
}
_REFUSED: Final[Mapping[Dimension, str]] = {
    Dimension.EVENT_NAME: "event",
    Dimension.EVENT_TYPE: '"type"',
    # What was refused for being no JSON has no version either.
    Dimension.APP_VERSION: "CASE WHEN json_valid(raw)"
    " THEN json_extract_string(raw, '/context/app/version') END",
    Dimension.DISCARD_REASON: "reason",
}


def delivery(warehouse: DuckDBWarehouse, asked: DeliveryLook) -> list[DeliveryCount]:
    """The number of events by group and time."""
    wanted = asked.wanted
    values: dict[str, object] = {"start": wanted.start, "end": wanted.end}
    where = ["received_at >= make_timestamp($start)", "received_at < make_timestamp($end)"]
    if asked.stage is Stage.RECEIVED:
        if not known_slugs(warehouse.catalog, [asked.slug]):
            return []
        table, expressions = table_name(events_key(asked.slug)), _RECEIVED
    else:
        table, expressions = QUARANTINE, _REFUSED
        where.append("source_id = $source")
        values["source"] = asked.source_id
    where += _narrowed(asked, expressions, values)
    groups = ", ".join(
        f"{expressions[each] if each in wanted.group_by else 'NULL'}::VARCHAR AS {column}"
        for each, column in zip(Dimension, ("a", "b", "c", "d"), strict=True)
    )
    sql = (
        f"SELECT {groups}, epoch_us(received_at) // {wanted.granularity.microseconds} AS bucket,"
        f" count(*) AS n FROM {table} WHERE {' AND '.join(where)} GROUP BY ALL"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(sql, values)
    return [DeliveryCount(*row.values()) for row in rows]


def _narrowed(
    asked: DeliveryLook, expressions: Mapping[Dimension, str], values: dict[str, object]
) -> list[str]:
    conditions = []
    for dimension, name, chosen in (
        (Dimension.EVENT_NAME, "name", asked.wanted.event_names),
        (Dimension.EVENT_TYPE, "type", asked.wanted.event_types),
        (Dimension.APP_VERSION, "version", asked.wanted.app_versions),
        (Dimension.DISCARD_REASON, "reason", asked.wanted.reasons),
    ):
        if chosen:
            named = {f"{name}{number}": each for number, each in enumerate(chosen)}
            values.update(named)
            listed = ", ".join(f"${each}" for each in named)
            conditions.append(f"{expressions[dimension]} IN ({listed})")
    return conditions
