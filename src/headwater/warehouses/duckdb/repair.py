"""Repairing a type conflict: the column gets another type and is filled again from the JSON.

Afterwards it holds what it would hold had it had this type from the start: the values come from
the loader's own code, and what does not fit the new type either is a conflict again.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb
import msgspec
import pyarrow as pa

from headwater.errors import BadRequestError, NotFoundError
from headwater.loading.learning import widening
from headwater.loading.losses import Losses, Noted
from headwater.loading.model import (
    INTERNAL_SCHEMA,
    AddColumn,
    Catalog,
    Column,
    ColumnType,
    Origin,
    TableKey,
    events_key,
)
from headwater.loading.refill import refilled
from headwater.loading.standard import CALL_TABLES, MERGED_TABLES, OWN_MEMBERS
from headwater.warehouses.duckdb import conflicts, merging
from headwater.warehouses.duckdb.engine import registered
from headwater.warehouses.duckdb.people import PERSONS
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name
from headwater.warehouses.duckdb.warehouse import Alteration, DuckDBWarehouse

_TYPES: Final = tuple(kind for kind in ColumnType if kind is not ColumnType.JSON)
_NAMES: Final[Mapping[str, ColumnType]] = {
    **{kind.value: kind for kind in _TYPES},
    **{TYPES[kind].lower(): kind for kind in _TYPES},
}
_ROWS: Final = 20_000
_SAME_EVENT: Final = "e.id = t.id AND e.received_at = t.received_at"


class Repaired(msgspec.Struct, frozen=True):
    """What a repair did: the tables that show the column, how many more of its values stand in
    it, and how many values fewer are conflicts."""

    tables: tuple[str, ...]
    type: str
    filled: int
    conflicts: int


def repair(warehouse: DuckDBWarehouse, table: str, column: str, type_: str) -> Repaired:
    """Give a column another type and fill it again, in one transaction.

    `table` is `schema.table`. Raises NotFoundError and BadRequestError, which say what there is
    instead, and WarehouseError.
    """
    kind = _NAMES.get(type_.lower())
    if kind is None:
        raise BadRequestError(f"There is no type {type_!r}.", hint=f"Types: {', '.join(_TYPES)}.")
    with warehouse.altering() as alteration:
        key, held = _found(alteration.catalog, table, column)
        return _repair(alteration, key, held, kind)


def _found(catalog: Catalog, table: str, column: str) -> tuple[TableKey, Column]:
    """The table that a column's values come to first, and the column."""
    schema, _, name = table.partition(".")
    # `users` and `accounts` hold what the calls said: these are repaired, and the others follow.
    key = TableKey(schema, PERSONS[name][0] if name in PERSONS else name)
    found = catalog.table(key)
    if found is None:
        raise NotFoundError(f"There is no table {table!r}.", hint="Name it as schema.table.")
    held = found.columns.get(column)
    if held is None or held.origin is Origin.STANDARD:
        filled = (
            each.name for each in found.columns.values() if each.origin is not Origin.STANDARD
        )
        raise NotFoundError(
            f"{table} has no column {column!r} that events fill.",
            hint=f"It has: {', '.join(filled) or 'none'}.",
        )
    if held.origin is not Origin.CONTEXT:
        return key, held
    slug = schema if schema != INTERNAL_SCHEMA else name.removeprefix("events_")
    source = catalog.table(events_key(slug))
    assert source is not None
    return source.key, source.columns[column]


def _repair(alteration: Alteration, key: TableKey, held: Column, kind: ColumnType) -> Repaired:
    connection = alteration.connection
    column = msgspec.structs.replace(held, type=kind)
    before = _filled(connection, key, column)
    alteration.make(widening(alteration.catalog, key, column.name, kind))
    noted = Noted()
    _refill(connection, key, column, noted)
    if column.origin is Origin.CONTEXT:
        _show_context(alteration, key, column)
    tables = [each.key for each in alteration.catalog.tables() if _shows(each.key, key)]
    for each in tables:
        if each.table in PERSONS:
            _refold(alteration, each, column)
            merging.mark_everybody(connection, each)
    gone = conflicts.forget(connection, _slug(key), [each.table for each in tables], column.name)
    left = noted.conflicts()
    conflicts.keep(connection, left)
    showing = [each for each in tables if _has(alteration.catalog, each, column)]
    return Repaired(
        tables=tuple(f"{each.schema}.{each.table}" for each in showing),
        type=kind.value,
        filled=_filled(connection, key, column) - before,
        conflicts=gone - sum(each.count for each in left),
    )


def _slug(key: TableKey) -> str:
    return key.table.removeprefix("events_") if key.schema == INTERNAL_SCHEMA else key.schema


def _shows(key: TableKey, base: TableKey) -> bool:
    """Whether a table shows what comes to a column of `base` first."""
    if base.schema == INTERNAL_SCHEMA:
        return key.schema == _slug(base)
    return key.schema == base.schema and key.table in (base.table, MERGED_TABLES.get(base.table))


def _has(catalog: Catalog, key: TableKey, column: Column) -> bool:
    table = catalog.table(key)
    return table is not None and column.name in table.columns


def _refill(
    connection: duckdb.DuckDBPyConnection, key: TableKey, column: Column, noted: Noted
) -> None:
    """Fill a column of a table from the events that its rows came of, and note what is lost."""
    own = OWN_MEMBERS.get(key.table, ()) if column.origin is Origin.PROPERTIES else ()
    rows: list[pa.Array] = []
    values: list[pa.Array] = []
    for batch in connection.sql(_events_of(key, column, own)).to_arrow_reader(_ROWS):
        tables = [_shown_in(key, kind) for kind in batch["type"].to_pylist()]
        losses = Losses(tables.__getitem__)
        members = {name: batch[name].to_pylist() for name in own}
        values.append(refilled(batch["json"].to_pylist(), column, members, losses))
        rows.append(batch["row"])
        for lost in losses.found():
            shown = TableKey(_slug(key), tables[lost.row])
            noted.add(shown, lost, batch["id"], batch["received_at"])
    if not rows:
        return
    filled = pa.table({"row": pa.concat_arrays(rows), "value": pa.concat_arrays(values)})
    with registered(connection, _refilled=filled):
        connection.execute(
            f"UPDATE {table_name(key)} AS t SET {quoted(column.name)} = f.value"
            " FROM _refilled f WHERE t.rowid = f.row"
        )


def _events_of(key: TableKey, column: Column, own: Sequence[str]) -> str:
    """The rows of a table, each with the JSON that the column is filled from."""
    part = "context" if column.origin is Origin.CONTEXT else "properties"
    own_columns = "".join(f", t.{quoted(name)}" for name in own)
    return (
        f'SELECT t.rowid AS "row", t.id, t.received_at, e."type", e.{part}::VARCHAR AS json'
        f"{own_columns} FROM {table_name(key)} t JOIN {table_name(events_key(_slug(key)))} e"
        f" ON {'e.rowid = t.rowid' if key.schema == INTERNAL_SCHEMA else _SAME_EVENT}"
    )


def _shown_in(key: TableKey, kind: str) -> str:
    """The table in which a person would look for what a row of `key` lost."""
    return CALL_TABLES.get(kind, "tracks") if key.schema == INTERNAL_SCHEMA else key.table


def _show_context(alteration: Alteration, events: TableKey, column: Column) -> None:
    """Have the typed tables of a source show a column of the context as its events have it."""
    slug, name = _slug(events), quoted(column.name)
    filled = alteration.connection.execute(
        f'SELECT DISTINCT "type", event FROM {table_name(events)} WHERE {name} IS NOT NULL'
    ).fetchall()
    tables = {CALL_TABLES.get(kind, event) for kind, event in filled}
    tables |= {"tracks" for kind, _ in filled if kind == "track"}
    keys = [each.key for each in alteration.catalog.tables() if each.key.schema == slug]
    alteration.make(
        [
            AddColumn(key, column)
            for key in keys
            if key.table in tables and not _has(alteration.catalog, key, column)
        ]
    )
    for key in keys:
        table = alteration.catalog.table(key)
        if table is None or table.view or key.table in PERSONS:
            continue
        if _has(alteration.catalog, key, column):
            alteration.connection.execute(
                f"UPDATE {table_name(key)} AS t SET {name} = e.{name}"
                f" FROM {table_name(events)} e WHERE {_SAME_EVENT}"
            )


def _refold(alteration: Alteration, key: TableKey, column: Column) -> None:
    """Fill a column of `users` or `accounts` from the calls' table, which was filled before."""
    table, person = PERSONS[key.table]
    calls, name = TableKey(key.schema, table), quoted(column.name)
    if not _has(alteration.catalog, calls, column):
        return
    newest = (
        f"SELECT {person} AS id, last({name} ORDER BY received_at, rowid) AS value"
        f" FROM {table_name(calls)} WHERE {name} IS NOT NULL GROUP BY {person}"
    )
    if not _has(alteration.catalog, key, column):
        joined = f"SELECT count(*) FROM {table_name(key)} t JOIN ({newest}) n ON n.id = t.id"
        [(count,)] = alteration.connection.execute(joined).fetchall()
        if not count:
            return
        alteration.make([AddColumn(key, column)])
    alteration.connection.execute(f"UPDATE {table_name(key)} SET {name} = NULL")
    alteration.connection.execute(
        f"UPDATE {table_name(key)} AS t SET {name} = n.value FROM ({newest}) n WHERE n.id = t.id"
    )


def _filled(connection: duckdb.DuckDBPyConnection, key: TableKey, column: Column) -> int:
    [(count,)] = connection.execute(
        f"SELECT count({quoted(column.name)}) FROM {table_name(key)}"
    ).fetchall()
    return int(count)
