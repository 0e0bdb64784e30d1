"""What a DuckDB warehouse holds, counted when it is asked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import duckdb

from headwater.errors import NotFoundError
from headwater.kit.clock import isoformat
from headwater.loading.model import (
    INTERNAL_SCHEMA,
    Catalog,
    ColumnType,
    Origin,
    Table,
    TableKey,
    events_key,
)
from headwater.loading.standard import CALL_TABLES, STANDARD_COLUMNS
from headwater.queries.contents import (
    ColumnFacts,
    ConflictFacts,
    Contents,
    EventName,
    TableDetail,
    TableFacts,
    TableKind,
)
from headwater.syncing.model import Subject
from headwater.warehouses.duckdb.merging import kept_table
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name, text
from headwater.warehouses.duckdb.store import CONFLICTS, QUARANTINE, VIOLATIONS
from headwater.warehouses.duckdb.views import slugs_of
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_BLOCK_BYTES: Final = 262_144
_MOST_CONFLICTS: Final = 500
_KEPT: Final = {
    "quarantine": (QUARANTINE, 12),
    "type_conflicts": (CONFLICTS, 8),
    "plan_violations": (VIOLATIONS, 16),
}
_SHAPE_COLUMNS: Final = 9
_SOURCES_COLUMNS: Final = 8


class _Count(NamedTuple):
    rows: int
    newest: int | None


_NOTHING: Final = _Count(0, None)
_Counts = Mapping[TableKey, _Count]


def contents_of(warehouse: DuckDBWarehouse) -> Contents:
    """Everything at once. Raises WarehouseError."""
    catalog = warehouse.catalog
    with warehouse.reading() as cursor:
        cursor.begin()
        try:
            counts = _counted(cursor, catalog)
            merged = list(_merged(cursor))
            conflicts = _conflicts(cursor, catalog)
        finally:
            cursor.rollback()
    events = _sum(counts[events_key(slug)] for slug in slugs_of(catalog))
    return Contents(
        engine=f"DuckDB {duckdb.__version__}",
        bytes=_file_bytes(warehouse),
        newest=_time(events.newest),
        events=events.rows,
        tables=tuple(_facts(catalog, counts, merged)),
        conflicts=conflicts,
        names=tuple(EventName(n.slug, n.event, n.table) for n in catalog.event_names()),
    )


def table_of(warehouse: DuckDBWarehouse, schema: str, name: str) -> TableDetail:
    """One table or view with its columns. Raises NotFoundError and WarehouseError."""
    catalog = warehouse.catalog
    with warehouse.reading() as cursor:
        found = next((f for f in _named(cursor, catalog, schema, name)), None)
        if found is None:
            raise NotFoundError(
                f"There is no table {schema}.{name}.", hint="SHOW TABLES lists what there is."
            )
        held = catalog.table(TableKey(schema, name))
        return TableDetail(
            facts=found,
            columns=tuple(_columns(cursor, schema, name, held)),
            bytes=_table_bytes(cursor, held) if held is not None and not held.view else None,
            names=tuple(
                sorted(
                    {
                        each.event
                        for each in catalog.event_names()
                        if each.table == name and schema in ("main", each.slug)
                    }
                )
            ),
            conflicts=_conflicts(cursor, catalog, TableKey(schema, name)),
        )


def _named(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, schema: str, name: str
) -> Iterator[TableFacts]:
    tables = [
        each
        for each in catalog.tables()
        if each.key.schema == INTERNAL_SCHEMA
        or (each.key.table == name and schema in ("main", each.key.schema))
    ]
    counts = _counted(cursor, catalog, tables)
    merged = list(_merged(cursor)) if schema == "main" else []
    for facts in _facts(catalog, counts, merged):
        if (facts.schema, facts.name) == (schema, name):
            yield facts


def _counted(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, tables: Iterable[Table] | None = None
) -> _Counts:
    """Rows and newest times of tables, and of each type of call in the internal ones."""
    keys = [each.key for each in (catalog.tables() if tables is None else tables) if not each.view]
    counts: dict[TableKey, _Count] = defaultdict(lambda: _NOTHING)
    internal = [key for key in keys if key.schema == INTERNAL_SCHEMA]
    parts = [
        f"SELECT {number}, '', count(*), epoch_us(max(received_at)) FROM {table_name(key)}"
        for number, key in enumerate(keys)
    ]
    parts += [
        f'SELECT {len(keys) + number}, "type", count(*), epoch_us(max(received_at))'
        f" FROM {table_name(key)} GROUP BY ALL"
        for number, key in enumerate(internal)
    ]
    parts += [
        f"SELECT {-1 - number}, '', count(*), epoch_us(max(received_at)) FROM {where}"
        for number, (where, _) in enumerate(_KEPT.values())
    ]
    for number, kind, rows, newest in cursor.execute(" UNION ALL ".join(parts)).fetchall():
        if number < 0:
            counts[TableKey("", list(_KEPT)[-1 - number])] = _Count(rows, newest)
        elif number < len(keys):
            counts[keys[number]] = _Count(rows, newest)
        else:
            counts[TableKey(internal[number - len(keys)].table, kind)] = _Count(rows, newest)
    return counts


def _facts(catalog: Catalog, counts: _Counts, merged: Sequence[TableFacts]) -> Iterator[TableFacts]:
    """Everything that a question can name: the events first, then over all sources, then each."""
    slugs = slugs_of(catalog)
    yield from _event_views(catalog, slugs, counts)
    for name in STANDARD_COLUMNS:
        tables = [t for slug in slugs if (t := catalog.table(TableKey(slug, name))) is not None]
        columns = {column.name for column in STANDARD_COLUMNS[name]}
        columns |= {column for each in tables for column in each.columns}
        total = _sum(_count_of(each, counts) for each in tables)
        yield _fact("main", name, TableKind.UNION, total, len(columns))
    yield from merged
    for name, (_, width) in _KEPT.items():
        yield _fact("main", name, TableKind.KEPT, counts[TableKey("", name)], width)
    for each in catalog.tables():
        if each.key.schema != INTERNAL_SCHEMA:
            total = _count_of(each, counts)
            yield _fact(each.key.schema, each.key.table, TableKind.TABLE, total, len(each.columns))


def _merged(cursor: duckdb.DuckDBPyConnection) -> Iterator[TableFacts]:
    """What is put together of all sources, and where its values are from."""
    for subject in Subject:
        columns = [row[0] for row in cursor.execute(f"DESCRIBE {kept_table(subject)}").fetchall()]
        values = [quoted(name) for name in columns if name.startswith("v:")]
        counted = " + ".join(f"count({name})" for name in values) or "0"
        [(rows, newest, filled)] = cursor.execute(
            f"SELECT count(*), epoch_us(max(received_at)), {counted} FROM {kept_table(subject)}"
        ).fetchall()
        merged, sources = _Count(rows, newest), _Count(filled, newest if filled else None)
        yield _fact("main", subject, TableKind.UNION, merged, 2 + len(values))
        yield _fact("main", f"{subject}_sources", TableKind.UNION, sources, _SOURCES_COLUMNS)


def _event_views(catalog: Catalog, slugs: Sequence[str], counts: _Counts) -> Iterator[TableFacts]:
    for kind in ("track", *CALL_TABLES):
        total = _sum(counts[TableKey(events_key(slug).table, kind)] for slug in slugs)
        yield _fact("main", kind, TableKind.EVENTS, total, _SHAPE_COLUMNS)
    for event in sorted({name for slug in slugs for name in catalog.event_tables(slug)}):
        total = _sum(counts[TableKey(slug, event)] for slug in slugs)
        yield _fact("main", event, TableKind.EVENTS, total, _SHAPE_COLUMNS)


def _fact(schema: str, name: str, kind: TableKind, count: _Count, columns: int) -> TableFacts:
    return TableFacts(schema, name, kind, count.rows, _time(count.newest), columns)


def _count_of(held: Table, counts: _Counts) -> _Count:
    """A table's count; `tracks` shows the track events of the internal one."""
    if held.view:
        return counts[TableKey(events_key(held.key.schema).table, "track")]
    return counts[held.key]


def _sum(counts: Iterable[_Count]) -> _Count:
    found = list(counts)
    newest = [count.newest for count in found if count.newest is not None]
    return _Count(sum(count.rows for count in found), max(newest, default=None))


def _time(moment: int | None) -> str | None:
    return None if moment is None else isoformat(moment)


def _file_bytes(warehouse: DuckDBWarehouse) -> int:
    path = warehouse.path
    waiting = path.with_name(f"{path.name}.wal")
    return path.stat().st_size + (waiting.stat().st_size if waiting.exists() else 0)


def _table_bytes(cursor: duckdb.DuckDBPyConnection, held: Table) -> int:
    """The blocks of the file that hold the table; what is not yet written to it has none."""
    named = f"{held.key.schema}.{held.key.table}"
    [(blocks,)] = cursor.execute(
        "SELECT count(DISTINCT block_id) FROM pragma_storage_info(?) WHERE block_id >= 0", [named]
    ).fetchall()
    return int(blocks) * _BLOCK_BYTES


def _columns(
    cursor: duckdb.DuckDBPyConnection, schema: str, name: str, held: Table | None
) -> Iterator[ColumnFacts]:
    rows = cursor.execute(f"DESCRIBE {quoted(schema)}.{quoted(name)}").fetchall()
    names = [str(row[0]) for row in rows]
    filled: Sequence[int | None] = [None] * len(names)
    if held is not None and not held.view:
        counted = ", ".join(f"count({quoted(each)})" for each in names)
        [filled] = cursor.execute(f"SELECT {counted} FROM {table_name(held.key)}").fetchall()
    for (column, kind, *_), count in zip(rows, filled, strict=True):
        known = held.columns.get(column) if held is not None else None
        paths = tuple(".".join(path) for path in known.paths) if known is not None else ()
        if known is not None and known.origin is Origin.CONTEXT:
            paths = tuple(f"context.{path}" for path in paths)
        origin = known.origin.value if known is not None else ""
        yield ColumnFacts(str(column), str(kind), origin, paths, count)


def _conflicts(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, key: TableKey | None = None
) -> tuple[ConflictFacts, ...]:
    """The conflicts, the most frequent first; of one table (or of its name in all sources)."""
    where = ""
    if key is not None:
        where = f' WHERE "table" = {text(key.table)}'
        where += f' AND "schema" = {text(key.schema)}' if key.schema != "main" else ""
    rows = cursor.execute(
        'SELECT "schema", "table", "column", reason, sum(count)::BIGINT,'
        " epoch_us(max(received_at)),"
        " list(DISTINCT left(value, 80)) FILTER (WHERE value IS NOT NULL)[:3]"
        f" FROM {CONFLICTS}{where} GROUP BY ALL ORDER BY 5 DESC, 1, 2, 3 LIMIT {_MOST_CONFLICTS}"
    ).fetchall()
    found = []
    for schema, name, column, reason, events, latest, examples in rows:
        held = catalog.table(TableKey(schema, name))
        kind = held.columns[column].type if held is not None and column in held.columns else None
        found.append(
            ConflictFacts(
                schema=schema,
                table=name,
                column=column,
                reason=reason,
                type=TYPES[kind] if kind else None,
                events=events,
                latest=isoformat(latest),
                examples=tuple(sorted(examples or ())),
                suggestion=_suggestion(reason, kind),
            )
        )
    return tuple(found)


def _suggestion(reason: str, kind: ColumnType | None) -> str | None:
    """The type that takes every value: only text does so without losing one."""
    if reason != "type" or kind in (None, ColumnType.TEXT, ColumnType.JSON):
        return None
    return ColumnType.TEXT.value
