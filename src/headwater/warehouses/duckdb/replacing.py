"""Rows that give way to others of the same events, with all that was made of them."""

from collections.abc import Iterable, Mapping, Sequence

import duckdb
import pyarrow as pa

from headwater.loading.model import (
    AccountRows,
    Catalog,
    Replaced,
    TableKey,
    UserRows,
    events_key,
)
from headwater.loading.replacing import Aside, Standing
from headwater.loading.standard import CALL_TABLES
from headwater.warehouses.duckdb import people
from headwater.warehouses.duckdb.engine import registered
from headwater.warehouses.duckdb.sql import table_name, text
from headwater.warehouses.duckdb.store import CONFLICTS, QUARANTINE

Persons = Mapping[TableKey, set[str]]
"""Whose rows of `users` and `accounts` are to be made anew."""


def standing(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    source_id: str,
    slug: str,
    ids: Sequence[str],
) -> Standing:
    """What a source has of these messageIds."""
    key = events_key(slug)
    with registered(cursor, _asked=pa.table({"id": pa.array(ids, pa.string())})):
        rows: list[tuple[str, int]] = []
        if catalog.table(key) is not None:
            rows = cursor.execute(
                f"SELECT id, epoch_us(min(received_at)) FROM {table_name(key)}"
                " WHERE id IN (SELECT id FROM _asked) GROUP BY id"
            ).fetchall()
        kept = cursor.execute(
            f"SELECT id, epoch_us(received_at), key, reason, state IS DISTINCT FROM 'replayed'"
            f" FROM {QUARANTINE} WHERE source_id = $source AND id IN (SELECT id FROM _asked)"
            " ORDER BY key",
            {"source": source_id},
        ).fetchall()
    aside: dict[tuple[str, int], list[Aside]] = {}
    for message_id, received_at, quarantine_key, reason, is_open in kept:
        aside.setdefault((message_id, received_at), []).append(
            Aside(quarantine_key, reason, is_open)
        )
    return Standing(dict(rows), aside)


def remove(connection: duckdb.DuckDBPyConnection, catalog: Catalog, replaced: Replaced) -> Persons:
    """Remove what gives way, from all tables. Returns the persons that it was about."""
    persons: dict[TableKey, set[str]] = {}
    for slug, gone in replaced.removed.items():
        ids = pa.table({"id": pa.array(list(gone), pa.string())})
        span = (
            f"received_at BETWEEN make_timestamp({min(gone.values())})"
            f" AND make_timestamp({max(gone.values())})"
        )
        with registered(connection, _gone=ids):
            is_gone = f"{span} AND id IN (SELECT id FROM _gone)"
            tables = _tables(connection, catalog, slug, is_gone)
            for name, (calls, person) in people.PERSONS.items():
                if TableKey(slug, calls) in tables:
                    found = connection.execute(
                        f"SELECT DISTINCT {person} FROM {table_name(TableKey(slug, calls))}"
                        f" WHERE {is_gone} AND trim({person}) <> ''"
                    ).fetchall()
                    persons[TableKey(slug, name)] = {row[0] for row in found}
            for key in (events_key(slug), *tables):
                connection.execute(f"DELETE FROM {table_name(key)} WHERE {is_gone}")
            connection.execute(
                f'DELETE FROM {CONFLICTS} WHERE "schema" = {text(slug)}'
                " AND row_id IN (SELECT id FROM _gone)"
            )
    if replaced.released:
        keys = pa.table({"key": pa.array(list(replaced.released), pa.string())})
        with registered(connection, _released=keys):
            connection.execute(
                f"UPDATE {QUARANTINE} SET state = 'replayed'"
                " WHERE key IN (SELECT key FROM _released)"
            )
    return persons


def _tables(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, slug: str, is_gone: str
) -> set[TableKey]:
    """The tables that hold typed rows of the events that go."""
    found = connection.execute(
        f'SELECT DISTINCT "type", event_text FROM {table_name(events_key(slug))} WHERE {is_gone}'
    ).fetchall()
    names = {
        catalog.event_table(slug, event or "") if kind == "track" else CALL_TABLES.get(kind)
        for kind, event in found
    }
    keys = {TableKey(slug, name) for name in names if name}
    return {key for key in keys if catalog.table(key) is not None}


def make_persons_anew(
    connection: duckdb.DuckDBPyConnection, persons: Persons, come: Iterable[UserRows | AccountRows]
) -> None:
    """Make the rows of `users` and `accounts` anew of all calls that there are now: of those whose
    calls went, and of those whose calls came."""
    concerned = {key: set(ids) for key, ids in persons.items()}
    for rows in come:
        concerned.setdefault(rows.key, set()).update(rows.rows["id"].to_pylist())
    for key, ids in concerned.items():
        if ids:
            people.make_anew(connection, key, pa.table({"id": pa.array(sorted(ids), pa.string())}))
