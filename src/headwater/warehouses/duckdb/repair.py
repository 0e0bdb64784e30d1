"""Repairing a type conflict: the column gets another type and is filled again from the JSON."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from headwater.errors import WarehouseError
from headwater.loading.learning import widening
from headwater.loading.model import Catalog, Column, ColumnType, Origin, TableKey, events_key
from headwater.loading.standard import MERGED_TABLES
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name, text
from headwater.warehouses.duckdb.store import CONFLICTS
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_NAMES: Final[Mapping[str, ColumnType]] = {
    **{kind.value: kind for kind in ColumnType if kind is not ColumnType.JSON},
    **{TYPES[kind].lower(): kind for kind in ColumnType if kind is not ColumnType.JSON},
}


_CALLS: Final[Mapping[str, str]] = {merged: calls for calls, merged in MERGED_TABLES.items()}


class Repaired(msgspec.Struct, frozen=True):
    """What a repair did: the tables altered, the values that fit now, and the conflicts gone."""

    tables: tuple[str, ...]
    type: str
    filled: int
    conflicts: int


def repair(warehouse: DuckDBWarehouse, table: str, column: str, type_: str) -> Repaired:
    """Give a column another type and fill it again from the events' JSON; clear its conflicts.

    `table` is `schema.table`. Raises WarehouseError, which says what there is instead.
    """
    base = warehouse.catalog
    key, held = _found(base, table, column)
    kind = _NAMES.get(type_.lower())
    if kind is None:
        raise WarehouseError(
            f"There is no type {type_!r}.", hint=f"Types: {', '.join(c.value for c in _types())}."
        )
    catalog = base.draft()
    changes = widening(catalog, key, column, kind)
    for change in changes:
        catalog.apply(change)
    keys = list(dict.fromkeys([key, *(change.key for change in changes)]))
    before = _filled(warehouse, key, column)
    conflicts = _conflicts(warehouse, keys, column)
    refill = [_refill(each, held, kind) for each in keys if _has_rows(each)]
    refill += [_refold(each, column) for each in keys if each.table in MERGED_TABLES.values()]
    cleared = " OR ".join(_is_table(each) for each in keys)
    refill.append(f'DELETE FROM {CONFLICTS} WHERE "column" = {text(column)} AND ({cleared})')
    warehouse.alter(base, catalog, changes, refill)
    return Repaired(
        tables=tuple(f"{each.schema}.{each.table}" for each in keys),
        type=kind.value,
        filled=_filled(warehouse, key, column) - before,
        conflicts=conflicts,
    )


def _types() -> Iterator[ColumnType]:
    return (kind for kind in ColumnType if kind is not ColumnType.JSON)


def _found(catalog: Catalog, table: str, column: str) -> tuple[TableKey, Column]:
    schema, _, name = table.partition(".")
    # `users` and `accounts` hold what the calls said: these are repaired, and the others follow.
    key = TableKey(schema, _CALLS.get(name, name))
    found = catalog.table(key)
    if found is None:
        raise WarehouseError(
            f"There is no table {table!r}.", hint="Name it as schema.table.", code="not_found"
        )
    held = found.columns.get(column)
    if held is None or held.origin is Origin.STANDARD:
        raise WarehouseError(
            f"{table} has no column {column!r} that events fill.",
            hint=f"It has: {', '.join(_repairable(found.columns.values()))}.",
            code="not_found",
        )
    return key, held


def _repairable(columns: Iterable[Column]) -> Iterator[str]:
    return (column.name for column in columns if column.origin is not Origin.STANDARD)


def _has_rows(key: TableKey) -> bool:
    return key.table != "tracks" and key.table not in MERGED_TABLES.values()


def _refill(key: TableKey, column: Column, kind: ColumnType) -> str:
    """Fill a column of a table from the JSON of its rows' events."""
    slug = key.schema if key != events_key(key.table.removeprefix("events_")) else ""
    events = table_name(events_key(slug) if slug else key)
    part = "context" if column.origin is Origin.CONTEXT else "properties"
    values = [_value(f"e.{part}", _json_path(path), kind) for path in column.paths]
    name = quoted(column.name)
    return (
        f"UPDATE {table_name(key)} AS t SET {name} = coalesce({', '.join(values)})"
        f" FROM {events} e WHERE e.id = t.id AND e.received_at = t.received_at"
    )


def _value(json: str, path: str, kind: ColumnType) -> str:
    found = f"json_extract({json}, {text(path)})"
    as_text = f"json_extract_string({json}, {text(path)})"
    is_text = f"json_type({found}) = 'VARCHAR'"
    if kind is ColumnType.TEXT:
        return f"CASE WHEN json_type({found}) <> 'OBJECT' THEN {as_text} END"
    if kind is ColumnType.BOOLEAN:
        return f"CASE WHEN json_type({found}) = 'BOOLEAN' THEN CAST({as_text} AS BOOLEAN) END"
    if kind is ColumnType.TIME:
        return f"CASE WHEN {is_text} THEN CAST(TRY_CAST({as_text} AS TIMESTAMPTZ) AS TIMESTAMP) END"
    number = f"json_type({found}) IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT')"
    if kind is ColumnType.INTEGER:
        whole = f"TRY_CAST({as_text} AS DOUBLE) = trunc(TRY_CAST({as_text} AS DOUBLE))"
        return f"CASE WHEN {number} AND {whole} THEN TRY_CAST({as_text} AS BIGINT) END"
    return f"CASE WHEN {number} THEN TRY_CAST({as_text} AS DOUBLE) END"


def _json_path(path: tuple[str, ...]) -> str:
    return "$" + "".join('."' + key.replace('"', '\\"') + '"' for key in path)


def _refold(key: TableKey, column: str) -> str:
    """Fill a column of `users` or `accounts` from the calls' table, which was refilled before."""
    calls, person = {"users": ("identifies", "user_id"), "accounts": ("groups", "group_id")}[
        key.table
    ]
    name = quoted(column)
    return (
        f"UPDATE {table_name(key)} AS t SET {name} = n.value FROM ("
        f"SELECT {person} AS id, last({name} ORDER BY received_at, rowid)"
        f" FILTER (WHERE {name} IS NOT NULL) AS value"
        f" FROM {table_name(TableKey(key.schema, calls))} GROUP BY {person}) n WHERE n.id = t.id"
    )


def _filled(warehouse: DuckDBWarehouse, key: TableKey, column: str) -> int:
    with warehouse.reading() as cursor:
        [(count,)] = cursor.execute(
            f"SELECT count({quoted(column)}) FROM {table_name(key)}"
        ).fetchall()
        return int(count)


def _conflicts(warehouse: DuckDBWarehouse, keys: list[TableKey], column: str) -> int:
    named = " OR ".join(_is_table(key) for key in keys)
    with warehouse.reading() as cursor:
        [(count,)] = cursor.execute(
            f'SELECT count(*) FROM {CONFLICTS} WHERE "column" = {text(column)} AND ({named})'
        ).fetchall()
        return int(count)


def _is_table(key: TableKey) -> str:
    return f'("schema" = {text(key.schema)} AND "table" = {text(key.table)})'
