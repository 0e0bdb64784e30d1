"""The table `type_conflicts`: bounded, for of each place it has a few values and then a count."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import duckdb
import pyarrow as pa

from headwater.loading.losses import SAMPLES, Place, further, place
from headwater.loading.model import Conflict, ConflictReason
from headwater.warehouses.duckdb.sql import text
from headwater.warehouses.duckdb.store import CONFLICTS, append

_HELD: Final = f"""
SELECT "schema", "table", "column", reason, count(row_id),
       coalesce(sum(count) FILTER (row_id IS NULL), 0)::BIGINT,
       coalesce(max(epoch_us(received_at)) FILTER (row_id IS NULL), 0)
FROM {CONFLICTS} GROUP BY ALL"""


def keep(connection: duckdb.DuckDBPyConnection, conflicts: Sequence[Conflict]) -> None:
    """Note conflicts: values while their place has room for samples, else how many there were."""
    if not conflicts:
        return
    samples, rest = _held(connection)
    kept: list[Conflict] = []
    counted: dict[Place, Conflict] = {}
    for conflict in conflicts:
        where = place(conflict.schema, conflict.table, conflict.column, conflict.reason)
        if conflict.value is not None and samples.get(where, 0) < SAMPLES:
            samples[where] = samples.get(where, 0) + 1
            kept.append(conflict)
        else:
            held = counted.get(where) or rest.get(where)
            counted[where] = further(where, conflict.count, conflict.received_at, held)
    for where in counted.keys() & rest.keys():
        connection.execute(f"DELETE FROM {CONFLICTS} WHERE row_id IS NULL AND {_at(where)}")
    _append(connection, [*kept, *counted.values()])


def _held(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[Place, int], Mapping[Place, Conflict]]:
    """How many samples each place has, and what stands for its further values."""
    samples: dict[Place, int] = {}
    rest: dict[Place, Conflict] = {}
    for schema, table, column, reason, noted, count, newest in connection.execute(_HELD).fetchall():
        where = place(schema, table, column, ConflictReason(reason))
        samples[where] = samples.get(where, 0) + noted
        if count:
            rest[where] = further(where, count, newest, rest.get(where))
    return samples, rest


def forget(
    connection: duckdb.DuckDBPyConnection, schema: str, tables: Iterable[str], column: str
) -> int:
    """Remove the notes of values that a column did not take. Returns how many values those were."""
    wanted = (
        f'"schema" = {text(schema)} AND "table" IN ({", ".join(map(text, tables))})'
        f' AND "column" = {text(column)} AND reason IN ({", ".join(map(text, _BY_COLUMN))})'
    )
    [(count,)] = connection.execute(
        f"SELECT coalesce(sum(count), 0)::BIGINT FROM {CONFLICTS} WHERE {wanted}"
    ).fetchall()
    connection.execute(f"DELETE FROM {CONFLICTS} WHERE {wanted}")
    return int(count)


_BY_COLUMN: Final = (ConflictReason.TYPE.value, ConflictReason.NAME_COLLISION.value)


def _at(where: Place) -> str:
    schema, table, column, reason = where
    return (
        f'"schema" = {text(schema)} AND "table" = {text(table)}'
        f' AND "column" = {text(column)} AND reason = {text(reason.value)}'
    )


def _append(connection: duckdb.DuckDBPyConnection, conflicts: Sequence[Conflict]) -> None:
    rows = pa.table(
        {
            "schema": [each.schema for each in conflicts],
            "table": [each.table for each in conflicts],
            "column": [each.column for each in conflicts],
            "row_id": pa.array([each.row_id for each in conflicts], pa.string()),
            "value": pa.array([each.value for each in conflicts], pa.string()),
            "received_at": pa.array([each.received_at for each in conflicts], pa.timestamp("us")),
            "reason": [each.reason.value for each in conflicts],
            "count": pa.array([each.count for each in conflicts], pa.int64()),
        }
    )
    append(connection, CONFLICTS, rows)
