"""Looks at the events kept aside, and the notes of what was decided about them."""

from typing import Any

from headwater.quarantine.model import (
    CountsLook,
    DecideLook,
    KeptCount,
    KeptLook,
    KeptRow,
    Selection,
    State,
)
from headwater.warehouses.duckdb.looks.running import looking
from headwater.warehouses.duckdb.store import QUARANTINE
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_SELECTED = (
    "key, source_id, epoch_us(received_at) AS received_at, id AS message_id,"
    ' "type", event, reason, detail, raw, envelope, state'
)


def kept(warehouse: DuckDBWarehouse, wanted: KeptLook) -> list[KeptRow]:
    """A page of quarantined events, the newest first."""
    where, values = _conditions(wanted.selection)
    if wanted.after is not None:
        where.append("(received_at, key) < (make_timestamp($after_at), $after_key)")
        values |= {"after_at": wanted.after.received_at, "after_key": wanted.after.key}
    sql = (
        f"SELECT {_SELECTED} FROM {QUARANTINE} AS q WHERE {' AND '.join(where)}"
        f" ORDER BY q.received_at DESC, key DESC LIMIT {wanted.count}"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(sql, values)
    return [KeptRow(**row) for row in rows]


def counts(warehouse: DuckDBWarehouse, wanted: CountsLook) -> list[KeptCount]:
    """How many events a selection has, by reason, source and hour."""
    where, values = _conditions(wanted.selection)
    sql = (
        "SELECT reason, source_id, epoch_us(received_at) // 3600000000 AS hour, count(*) AS n,"
        f" epoch_us(max(received_at)) AS last FROM {QUARANTINE}"
        f" WHERE {' AND '.join(where)} GROUP BY ALL"
    )
    with looking(warehouse) as looker:
        rows: list[dict[str, Any]] = looker.rows(sql, values)
    return [KeptCount(*row.values()) for row in rows]


def decide(warehouse: DuckDBWarehouse, wanted: DecideLook) -> int:
    """Note what was decided. Again is as good as once."""
    state = None if wanted.state is State.OPEN else wanted.state.value
    warehouse.note(
        f"UPDATE {QUARANTINE} SET state = $state WHERE key IN (SELECT unnest($keys))",
        {"state": state, "keys": list(wanted.keys)},
    )
    return len(wanted.keys)


def _conditions(wanted: Selection) -> tuple[list[str], dict[str, object]]:
    where, values = ["true"], dict[str, object]()
    if wanted.state is State.OPEN:
        where.append("state IS NULL")
    else:
        where.append("state = $state")
        values["state"] = wanted.state.value
    for column, name, chosen in (
        ("reason", "reason", [wanted.reason] if wanted.reason else []),
        ("event", "event", [] if wanted.event is None else [wanted.event]),
        ("source_id", "source", wanted.source_ids),
        ("key", "key", wanted.keys),
    ):
        if chosen:
            named = {f"{name}{number}": each for number, each in enumerate(chosen)}
            where.append(f"{column} IN ({', '.join(f'${each}' for each in named)})")
            values.update(named)
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            where.append(f"received_at {sign} make_timestamp({moment})")
    return where, values
