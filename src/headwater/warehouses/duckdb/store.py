"""What the warehouse keeps about itself, in the same file and transactions as the rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import duckdb
import msgspec
import pyarrow as pa

from headwater.loading.model import Catalog, ColumnRow, NameEvent, TableKey
from headwater.ports import Outcome, Positions, Tally, add_tallies
from headwater.warehouses.duckdb.engine import registered

_SCHEMA: Final = """
CREATE SCHEMA IF NOT EXISTS _headwater;
CREATE TABLE IF NOT EXISTS _headwater.columns(
    number BIGINT, "schema" VARCHAR, "table" VARCHAR, "view" BOOLEAN, "column" VARCHAR,
    "type" VARCHAR, origin VARCHAR, paths VARCHAR, loose BOOLEAN);
CREATE TABLE IF NOT EXISTS _headwater.names(slug VARCHAR, event VARCHAR, "table" VARCHAR);
CREATE TABLE IF NOT EXISTS _headwater.positions(
    stream VARCHAR, "partition" VARCHAR, position BIGINT);
CREATE TABLE IF NOT EXISTS _headwater.tallies(
    source_id VARCHAR, hour BIGINT, outcome VARCHAR, reason VARCHAR, count BIGINT);
CREATE TABLE IF NOT EXISTS _headwater.sources(source_id VARCHAR, slug VARCHAR);
CREATE TABLE IF NOT EXISTS main.quarantine(
    id VARCHAR, source VARCHAR, source_id VARCHAR, received_at TIMESTAMP, reason VARCHAR,
    detail VARCHAR, "type" VARCHAR, event VARCHAR, raw VARCHAR, key VARCHAR, envelope VARCHAR,
    state VARCHAR);
ALTER TABLE main.quarantine ADD COLUMN IF NOT EXISTS key VARCHAR;
ALTER TABLE main.quarantine ADD COLUMN IF NOT EXISTS envelope VARCHAR;
ALTER TABLE main.quarantine ADD COLUMN IF NOT EXISTS state VARCHAR;
UPDATE main.quarantine
    SET key = md5(concat_ws('|', source_id, epoch_us(received_at), id, reason, raw))
    WHERE key IS NULL;
CREATE TABLE IF NOT EXISTS main.type_conflicts(
    "schema" VARCHAR, "table" VARCHAR, "column" VARCHAR, row_id VARCHAR, value VARCHAR,
    received_at TIMESTAMP, reason VARCHAR, count BIGINT);
CREATE TABLE IF NOT EXISTS main.plan_violations(
    id VARCHAR, source VARCHAR, source_id VARCHAR, plan_id VARCHAR, received_at TIMESTAMP,
    "type" VARCHAR, event VARCHAR, violation VARCHAR, field VARCHAR, rule VARCHAR,
    description VARCHAR, value VARCHAR, event_version BIGINT, remedy VARCHAR, count BIGINT,
    key VARCHAR);
ALTER TABLE main.type_conflicts ADD COLUMN IF NOT EXISTS count BIGINT DEFAULT 1;
"""
_COMPACT_ROWS: Final = 5_000
QUARANTINE: Final = "main.quarantine"
CONFLICTS: Final = "main.type_conflicts"
VIOLATIONS: Final = "main.plan_violations"


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what is missing."""
    connection.execute(_SCHEMA)


def catalog(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """The catalogue of the tables that there are."""
    rows = connection.execute(
        'SELECT "schema", "table", "view", "column", "type", origin, paths, loose'
        " FROM _headwater.columns ORDER BY number, rowid"
    ).fetchall()
    names = connection.execute('SELECT slug, event, "table" FROM _headwater.names').fetchall()
    return Catalog.restore((ColumnRow(*row) for row in rows), (NameEvent(*n) for n in names))


def keep_tables(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, keys: Iterable[TableKey]
) -> None:
    """Persist the columns of tables that changed."""
    keys = list(dict.fromkeys(keys))
    if not keys:
        return
    numbers = {table.key: number for number, table in enumerate(catalog.tables())}
    connection.executemany(
        'DELETE FROM _headwater.columns WHERE "schema" = ? AND "table" = ?',
        [(key.schema, key.table) for key in keys],
    )
    found = [
        {"number": numbers[TableKey(row.schema, row.table)], **msgspec.structs.asdict(row)}
        for row in catalog.column_rows(keys)
    ]
    append(connection, "_headwater.columns", pa.Table.from_pylist(found))


def keep_names(connection: duckdb.DuckDBPyConnection, names: Sequence[NameEvent]) -> None:
    """Persist the tables of newly seen event names."""
    rows = [{"slug": n.slug, "event": n.event, "table": n.table} for n in names]
    if rows:
        append(connection, "_headwater.names", pa.Table.from_pylist(rows))


def positions(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Positions]:
    """How far each stream was loaded, by partition."""
    found: dict[str, dict[str, int]] = {}
    for stream, partition, position in connection.execute(
        "SELECT * FROM _headwater.positions"
    ).fetchall():
        found.setdefault(stream, {})[partition] = position
    return found


def keep_positions(
    connection: duckdb.DuckDBPyConnection, positions: Mapping[str, Positions]
) -> None:
    """Set the positions of these streams; others stay."""
    rows = [
        {"stream": stream, "partition": partition, "position": position}
        for stream, of_stream in positions.items()
        for partition, position in of_stream.items()
    ]
    if not rows:
        return
    connection.executemany(
        'DELETE FROM _headwater.positions WHERE stream = ? AND "partition" = ?',
        [(row["stream"], row["partition"]) for row in rows],
    )
    append(connection, "_headwater.positions", pa.Table.from_pylist(rows))


def tallies(connection: duckdb.DuckDBPyConnection) -> list[Tally]:
    """What was loaded and kept aside, by source and hour."""
    rows = connection.execute(
        "SELECT source_id, hour, outcome, reason, sum(count)::BIGINT FROM _headwater.tallies"
        " GROUP BY ALL"
    ).fetchall()
    return add_tallies(Tally(s, h, Outcome(o), reason, n) for s, h, o, reason, n in rows)


def keep_tallies(connection: duckdb.DuckDBPyConnection, tallies: Sequence[Tally]) -> None:
    """Add counts: they are rows of their own until compacted."""
    rows = [{**msgspec.structs.asdict(tally), "outcome": tally.outcome.value} for tally in tallies]
    if rows:
        append(connection, "_headwater.tallies", pa.Table.from_pylist(rows))


def compact_tallies(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up the counts' rows where they have become many; in a transaction of its own."""
    [(count,)] = connection.execute("SELECT count(*) FROM _headwater.tallies").fetchall()
    summed = tallies(connection)
    if count < _COMPACT_ROWS + 2 * len(summed):
        return
    connection.begin()
    try:
        connection.execute("DELETE FROM _headwater.tallies")
        keep_tallies(connection, summed)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def sources(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The slug of each source that was ever loaded or announced, by its id."""
    return dict(connection.execute("SELECT source_id, slug FROM _headwater.sources").fetchall())


def keep_sources(connection: duckdb.DuckDBPyConnection, slugs: Mapping[str, str]) -> None:
    """Remember the slugs of sources not known before."""
    known = sources(connection)
    rows = [{"source_id": i, "slug": slug} for i, slug in slugs.items() if i not in known]
    if rows:
        append(connection, "_headwater.sources", pa.Table.from_pylist(rows))


def append(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Insert rows by their columns' names; columns that they lack are null."""
    with registered(connection, _incoming=rows):
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _incoming")
