"""The views: a source's `tracks`, and in schema main the event-shaped and the union views."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from headwater.loading.model import (
    INTERNAL_SCHEMA,
    AddColumn,
    Catalog,
    Change,
    ColumnType,
    CreateTable,
    NameEvent,
    Table,
    TableKey,
    WidenColumn,
    events_key,
)
from headwater.loading.standard import STANDARD_COLUMNS
from headwater.spec import EVENT_TYPES
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name, text

SHAPE: Final = """id AS "messageId", "type", event_text AS "event", user_id AS "userId",
anonymous_id AS "anonymousId", "timestamp", received_at AS "receivedAt", properties, context"""
_EMPTY: Final = """SELECT NULL::VARCHAR AS "messageId", NULL::VARCHAR AS "type",
NULL::VARCHAR AS "event", NULL::VARCHAR AS "userId", NULL::VARCHAR AS "anonymousId",
NULL::TIMESTAMP AS "timestamp", NULL::TIMESTAMP AS "receivedAt", NULL::JSON AS properties,
NULL::JSON AS context WHERE false"""
_NUMBERS: Final = frozenset({ColumnType.INTEGER, ColumnType.FLOAT})


def all_views(catalog: Catalog) -> Iterator[str]:
    """The statements that make every view."""
    slugs = slugs_of(catalog)
    for slug in slugs:
        yield tracks_view(catalog, slug)
    yield from type_views(slugs)
    for table in STANDARD_COLUMNS:
        yield union_view(catalog, slugs, table)
    for event in sorted({table for slug in slugs for table in catalog.event_tables(slug)}):
        yield event_view(catalog, event)


def changed_views(catalog: Catalog, changes: Sequence[Change]) -> Iterator[str]:
    """The statements that make anew the views that these changes touch. `catalog` is the one
    after them."""
    slugs = slugs_of(catalog)
    if any(isinstance(c, CreateTable) and c.key.schema == INTERNAL_SCHEMA for c in changes):
        yield from type_views(slugs)
    touched = {
        change.key: None
        for change in changes
        if isinstance(change, CreateTable | AddColumn | WidenColumn)
    }
    touched |= {
        TableKey(_slug(key), "tracks"): None for key in touched if key.schema == INTERNAL_SCHEMA
    }
    for key in touched:
        if key.table == "tracks":
            yield tracks_view(catalog, key.schema)
    for table in sorted({key.table for key in touched if key.table in STANDARD_COLUMNS}):
        yield union_view(catalog, slugs, table)
    named = {change.table for change in changes if isinstance(change, NameEvent)}
    for event in sorted(named):
        yield event_view(catalog, event)


def _slug(key: TableKey) -> str:
    return key.table.removeprefix("events_")


def slugs_of(catalog: Catalog) -> list[str]:
    """The sources that have tables, in the order of their coming."""
    return [_slug(table.key) for table in catalog.tables() if table.key.schema == INTERNAL_SCHEMA]


def tracks_view(catalog: Catalog, slug: str) -> str:
    """A source's `tracks`: the track events in the columns that they ever filled."""
    key = TableKey(slug, "tracks")
    shown = ", ".join(quoted(name) for name in _table(catalog, key).columns)
    events = table_name(events_key(slug))
    return (
        f"CREATE OR REPLACE VIEW {table_name(key)} AS"
        f" SELECT {shown} FROM {events} WHERE \"type\" = 'track'"
    )


def type_views(slugs: Iterable[str]) -> Iterator[str]:
    """One view for each type of call, in the event's own shape, there also when empty."""
    slugs = list(slugs)
    for kind in EVENT_TYPES:
        parts = [_shaped(slug, f'"type" = {text(kind)}') for slug in slugs]
        yield f"CREATE OR REPLACE VIEW main.{quoted(kind)} AS {' UNION ALL '.join(parts) or _EMPTY}"


def event_view(catalog: Catalog, event: str) -> str:
    """A track event's view, in the event's own shape."""
    slugs = [slug for slug in slugs_of(catalog) if event in catalog.event_tables(slug)]
    wanted = f"\"type\" = 'track' AND event = {text(event)}"
    parts = [_shaped(slug, wanted) for slug in slugs]
    return f"CREATE OR REPLACE VIEW main.{quoted(event)} AS {' UNION ALL '.join(parts) or _EMPTY}"


def _shaped(slug: str, condition: str) -> str:
    return f"SELECT {SHAPE} FROM {table_name(events_key(slug))} WHERE {condition}"


def union_view(catalog: Catalog, slugs: Sequence[str], table: str) -> str:
    """A standard table over all sources; there also when there is none."""
    keys = [TableKey(slug, table) for slug in slugs]
    tables = [found for key in keys if (found := catalog.table(key)) is not None]
    standard = {column.name: column.type for column in STANDARD_COLUMNS[table]}
    types = standard | united_types(tables)
    if not tables:
        nulls = ", ".join(f"NULL::{TYPES[kind]} AS {quoted(n)}" for n, kind in types.items())
        select = f"SELECT {nulls} WHERE false"
    else:
        select = " UNION ALL ".join(selected(found, types) for found in tables)
    return f"CREATE OR REPLACE VIEW main.{quoted(table)} AS {select}"


def united_types(tables: Iterable[Table]) -> dict[str, ColumnType]:
    """The columns of tables together: numbers of both kinds are FLOAT, else a clash is TEXT."""
    types: dict[str, ColumnType] = {}
    for table in tables:
        for name, column in table.columns.items():
            before = types.setdefault(name, column.type)
            if before is not column.type:
                both_numbers = {before, column.type} <= _NUMBERS
                types[name] = ColumnType.FLOAT if both_numbers else ColumnType.TEXT
    return types


def selected(table: Table, types: Mapping[str, ColumnType]) -> str:
    """A SELECT of a table in these columns and types."""
    return f"SELECT {', '.join(_cast(table, n, k) for n, k in types.items())} FROM " + table_name(
        table.key
    )


def _cast(table: Table, name: str, kind: ColumnType) -> str:
    column = table.columns.get(name)
    if column is None:
        return f"NULL::{TYPES[kind]} AS {quoted(name)}"
    if column.type is kind:
        return quoted(name)
    return f"CAST({quoted(name)} AS {TYPES[kind]}) AS {quoted(name)}"


def _table(catalog: Catalog, key: TableKey) -> Table:
    table = catalog.table(key)
    if table is None:
        raise KeyError(f"{key.schema}.{key.table} is not in the catalogue")
    return table
