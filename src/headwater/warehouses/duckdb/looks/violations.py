"""Looks at how events differ from their tracking plans."""

from typing import Any

from headwater.plans.violations.model import (
    MOST_COUNTS,
    CountRow,
    CountsLook,
    SampleRow,
    SamplesLook,
    Selection,
)
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.store import VIOLATIONS
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_SELECTED = (
    "key, source_id, plan_id, epoch_us(received_at) AS received_at, id AS message_id,"
    ' "type" AS event_type, event, violation AS type, field, rule, description, value,'
    " event_version, remedy, count"
)


def counts(warehouse: DuckDBWarehouse, wanted: CountsLook) -> list[CountRow]:
    """How many violations a selection has, by hour, source, event, field and type."""
    where, values = _conditions(wanted.selection)
    sql = (
        'SELECT epoch_us(received_at) // 3600000000 AS hour, source_id, "type", event, field,'
        " violation, any_value(description) AS description, sum(count)::BIGINT AS n,"
        " coalesce(sum(count) FILTER (remedy IN ('blocked', 'forwarded')), 0)::BIGINT AS blocked,"
        " coalesce(sum(count) FILTER (remedy = 'omitted'), 0)::BIGINT AS omitted,"
        f" epoch_us(max(received_at)) AS last FROM {VIOLATIONS} WHERE {' AND '.join(where)}"
        ' GROUP BY hour, source_id, "type", event, field, violation'
        f" ORDER BY hour DESC, n DESC, event, field LIMIT {MOST_COUNTS}"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(sql, values)
    return [CountRow(*row.values()) for row in rows]


def samples(warehouse: DuckDBWarehouse, wanted: SamplesLook) -> list[SampleRow]:
    """A page of violations, the newest first."""
    where, values = _conditions(wanted.selection)
    if wanted.after is not None:
        where.append("(received_at, key) < (make_timestamp($after_at), $after_key)")
        values |= {"after_at": wanted.after.received_at, "after_key": wanted.after.key}
    sql = (
        f"SELECT {_SELECTED} FROM {VIOLATIONS} AS v WHERE {' AND '.join(where)}"
        f" ORDER BY v.received_at DESC, key DESC LIMIT {wanted.count}"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(sql, values)
    return [SampleRow(**row) for row in rows]


def _conditions(wanted: Selection) -> tuple[list[str], dict[str, object]]:
    where, values = ["true"], dict[str, object]()
    for column, name, chosen in (
        ("plan_id", "plan", [wanted.plan_id] if wanted.plan_id else []),
        ("source_id", "source", wanted.source_ids),
        ('"type"', "call", [wanted.event_type] if wanted.event_type else []),
        ("event", "event", [] if wanted.event is None else [wanted.event]),
        ("field", "field", [] if wanted.field is None else [wanted.field]),
        ("violation", "kind", [] if wanted.type is None else [wanted.type.value]),
    ):
        if chosen:
            named = {f"{name}{number}": each for number, each in enumerate(chosen)}
            where.append(f"{column} IN ({', '.join(f'${each}' for each in named)})")
            values.update(named)
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            where.append(f"received_at {sign} make_timestamp({moment})")
    return where, values
