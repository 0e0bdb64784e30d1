"""The readings of an event view beside its own shape: its typed columns, and both together."""

from headwater.loading.model import Catalog, ColumnType, Table, TableKey, events_key
from headwater.queries.catalog import SHAPE, EventRelation
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name
from headwater.warehouses.duckdb.views import slugs_of, united_types

_RENAMED = {
    "messageId": "id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "receivedAt": "received_at",
    "event": "event_text",
    "timestamp": "timestamp",
}


def event_relation(catalog: Catalog, name: str) -> EventRelation | None:
    """The relation of a track event's view over all sources; None where there is none."""
    tables = [
        table
        for slug in slugs_of(catalog)
        if name in catalog.event_tables(slug)
        and (table := catalog.table(TableKey(slug, name))) is not None
    ]
    if not tables:
        return None
    types = united_types(tables)
    own = {n: kind for n, kind in types.items() if n not in SHAPE}
    columns = {n: TYPES[kind] for n, kind in own.items()}
    shape = {n: kind for n, kind in SHAPE.items() if kind != "JSON"}
    return EventRelation(
        name=name,
        columns={**shape, **columns},
        typed="(" + " UNION ALL ".join(_typed(table, own) for table in tables) + ")",
        full="(" + " UNION ALL ".join(_full(table, own) for table in tables) + ")",
    )


def _selected(table: Table, own: dict[str, ColumnType]) -> str:
    """The list of what a typed reading shows of one source's table, as `t`."""
    shown = ["'track' AS \"type\""]
    shown += [f"t.{quoted(column)} AS {quoted(name)}" for name, column in _RENAMED.items()]
    for name, kind in own.items():
        column = table.columns.get(name)
        if column is None:
            shown.append(f"NULL::{TYPES[kind]} AS {quoted(name)}")
        elif column.type is kind:
            shown.append(f"t.{quoted(name)}")
        else:
            shown.append(f"CAST(t.{quoted(name)} AS {TYPES[kind]}) AS {quoted(name)}")
    return ", ".join(shown)


def _typed(table: Table, own: dict[str, ColumnType]) -> str:
    return f"SELECT {_selected(table, own)} FROM {table_name(table.key)} t"


def _full(table: Table, own: dict[str, ColumnType]) -> str:
    own = {name: kind for name, kind in own.items() if name not in ("properties", "context")}
    events = table_name(events_key(table.key.schema))
    return (
        f"SELECT {_selected(table, own)}, e.properties, e.context FROM {table_name(table.key)} t"
        f" JOIN {events} e ON e.id = t.id AND e.received_at = t.received_at"
    )
