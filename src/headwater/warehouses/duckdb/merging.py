"""One row for each person, out of what all sources say: kept beside loading, by the sync rules.

A load notes in its own transaction whose calls it brought (`mark`). Somebody else then puts those
rows together anew from all of their calls (`keep`), some at a time, so that loading waits for
nothing: each row is a function of its calls and the rules alone. Other rules, or another type of a
trait, are a note on everybody.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import duckdb
import msgspec
import pyarrow as pa

from headwater.loading.model import Catalog, ColumnType, TableKey
from headwater.syncing.model import Complete, RuleSet, Subject
from headwater.syncing.rules import complete
from headwater.warehouses.duckdb.engine import registered
from headwater.warehouses.duckdb.merged_sql import (
    PARTS,
    Telling,
    Trait,
    found_rows,
    kept_columns,
    merged,
    nulls,
    statements,
    telling,
)
from headwater.warehouses.duckdb.sql import quoted, table_name, text
from headwater.warehouses.duckdb.views import slugs_of

_VALUES: Final = 200_000
"""So many values are put together at once: what a small memory has room for."""
_FEWEST: Final = 500

_SUBJECTS: Final[Mapping[str, Subject]] = {
    "users": Subject.PEOPLE,
    "accounts": Subject.ORGANIZATIONS,
}
_CHANGES: Final = "_headwater.merged_changes"
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS {_CHANGES}(subject VARCHAR, id VARCHAR);
CREATE TABLE IF NOT EXISTS _headwater.merged_by(subject VARCHAR, said VARCHAR);
"""
Rules = Mapping[Subject, RuleSet]


class _By(msgspec.Struct, frozen=True):
    """What the kept rows of a subject were made by."""

    types: dict[str, ColumnType] = {}
    rules: dict[str, Complete] = {}


def kept_table(subject: Subject) -> str:
    """The table of the rows that are kept of a subject."""
    return f"_headwater.merged_{subject.value}"


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables and views that are missing."""
    connection.execute(_SCHEMA)
    for subject in Subject:
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {kept_table(subject)}(id VARCHAR, received_at TIMESTAMP)"
        )
        _make_views(connection, subject)


def mark(connection: duckdb.DuckDBPyConnection, key: TableKey, ids: pa.Table) -> None:
    """Note that what is said of these ids (in the column `id`) is another. In a load."""
    with registered(connection, _marked=ids.select(["id"])):
        connection.execute(
            f"INSERT INTO {_CHANGES} SELECT {text(_SUBJECTS[key.table])}, id FROM _marked"
        )


def mark_everybody(connection: duckdb.DuckDBPyConnection, key: TableKey) -> None:
    """Note it of all whom a source's `users` or `accounts` have."""
    connection.execute(
        f"INSERT INTO {_CHANGES} SELECT {text(_SUBJECTS[key.table])}, id FROM {table_name(key)}"
    )


def mark_all(connection: duckdb.DuckDBPyConnection, catalog: Catalog, subject: Subject) -> None:
    """Note it of everybody."""
    kept = [f"SELECT id FROM {kept_table(subject)}"]
    table = next(name for name, each in _SUBJECTS.items() if each is subject)
    kept += [f"SELECT id FROM {table_name(TableKey(slug, table))}" for slug in slugs_of(catalog)]
    connection.execute(f"DELETE FROM {_CHANGES} WHERE subject = {text(subject)}")
    connection.execute(
        f"INSERT INTO {_CHANGES} SELECT DISTINCT {text(subject)}, id"
        f" FROM ({' UNION ALL '.join(kept)})"
    )


def waiting(connection: duckdb.DuckDBPyConnection, subject: Subject) -> int:
    """How many rows are still to be put together anew (one may be counted several times)."""
    [(count,)] = connection.execute(
        f"SELECT count(*) FROM {_CHANGES} WHERE subject = {text(subject)}"
    ).fetchall()
    return int(count)


def keep(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, subject: Subject, rules: RuleSet
) -> int:
    """Put the next rows together. Returns how many; in a transaction of the caller's."""
    told = telling(catalog, subject)
    traits = traits_of(told, rules)
    _follow(connection, catalog, subject, traits)
    chunk = max(_FEWEST, _VALUES // max(1, len(traits)))
    ids = connection.sql(
        f"SELECT DISTINCT id FROM (SELECT id FROM {_CHANGES} WHERE subject = {text(subject)}"
        f" LIMIT {chunk})"
    ).to_arrow_table()
    if not ids.num_rows:
        return 0
    made, filled = put_together(connection, told, traits, ids)
    table = kept_table(subject)
    names = [name for name, _ in kept_columns(filled)]
    made = made.rename_columns(["id", "received_at", *names])
    with registered(connection, _ids=ids, _made=made):
        connection.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM _ids)")
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM _made")
        connection.execute(
            f"DELETE FROM {_CHANGES} WHERE subject = {text(subject)}"
            " AND id IN (SELECT id FROM _ids)"
        )
    return len(ids)


def traits_of(told: Telling, rules: RuleSet) -> list[Trait]:
    """The traits of a subject with their rules."""
    return [Trait(name, kind, complete(rules, name)) for name, kind in told.types.items()]


def put_together(
    connection: duckdb.DuckDBPyConnection, told: Telling, traits: Sequence[Trait], ids: pa.Table
) -> tuple[pa.Table, list[Trait]]:
    """The rows of these ids, and the traits that they have, whose PARTS the columns are."""
    said, taken_back, filled = read(connection, told, traits, ids)
    with registered(connection, _said=said, _nulls=taken_back):
        return connection.sql(merged(told, filled)).to_arrow_table(), filled


def read(
    connection: duckdb.DuckDBPyConnection, told: Telling, traits: Sequence[Trait], ids: pa.Table
) -> tuple[pa.Table, pa.Table, list[Trait]]:
    """What was said of these ids: `_said` and `_nulls` of merged_sql, and the traits in them."""
    with registered(connection, _ids=ids):
        found = {
            slug: connection.sql(found_rows(told, slug)).to_arrow_table() for slug in told.slugs
        }
        slugs = [slug for slug in told.slugs if found[slug].num_rows]
        if not slugs:
            slugs = list(told.slugs)[:1]
        places = {f"_found_{told.slugs.index(slug)}": found[slug] for slug in slugs}
        with registered(connection, **places):
            said = connection.sql(statements(told, slugs, traits)).to_arrow_table()
        filled = [
            (position, trait)
            for position, trait in enumerate(traits)
            if said[f"c{position}"].null_count < said.num_rows
        ]
        columns = [f"c{position}" for position, _ in filled]
        said = said.select(["s", "id", "said_at", "r", "seq", *columns]).rename_columns(
            ["s", "id", "said_at", "r", "seq", *(f"c{number}" for number in range(len(filled)))]
        )
        left = [trait for _, trait in filled]
        sql = nulls(told, left)
        none = {"id": pa.string(), "s": pa.int32(), "trait": pa.int32(), "said_at": pa.int64()}
        taken_back = (
            pa.table({name: pa.array([], kind) for name, kind in none.items()})
            if sql is None
            else connection.sql(sql).to_arrow_table()
        )
    return said, taken_back, left


def _follow(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    subject: Subject,
    traits: Sequence[Trait],
) -> None:
    """Have the table fit the traits, and everybody made anew where the rules are others."""
    rows = connection.execute(
        "SELECT said FROM _headwater.merged_by WHERE subject = ?", [subject.value]
    ).fetchall()
    before = msgspec.json.decode(rows[0][0], type=_By) if rows else None
    after = _By(
        {each.name: each.result for each in traits},
        {each.name: each.rule for each in traits},
    )
    if after == before:
        return
    _fit(connection, subject, traits)
    if before is None or any(
        before.types.get(name, kind) != kind or before.rules.get(name, after.rules[name]) != rule
        for (name, kind), rule in zip(after.types.items(), after.rules.values(), strict=True)
    ):
        mark_all(connection, catalog, subject)
    connection.execute("DELETE FROM _headwater.merged_by WHERE subject = ?", [subject.value])
    connection.execute(
        "INSERT INTO _headwater.merged_by VALUES (?, ?)",
        [subject.value, msgspec.json.encode(after).decode()],
    )
    _make_views(connection, subject)


def _fit(connection: duckdb.DuckDBPyConnection, subject: Subject, traits: Sequence[Trait]) -> None:
    """Have the table the columns of these traits. Values of another type are made anew later."""
    table = kept_table(subject)
    known = dict(row[:2] for row in connection.execute(f"DESCRIBE {table}").fetchall())
    wanted = dict(kept_columns(traits))
    for name, kind in wanted.items():
        column = quoted(name)
        if name not in known:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
        elif known[name] != kind:
            connection.execute(
                f"ALTER TABLE {table} ALTER COLUMN {column} SET DATA TYPE {kind}"
                f" USING TRY_CAST({column} AS {kind})"
            )
    for name in known:
        if name not in wanted and name not in ("id", "received_at"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(name)}")


def _make_views(connection: duckdb.DuckDBPyConnection, subject: Subject) -> None:
    """The views that people ask: the merged rows, and where each value is from."""
    table = kept_table(subject)
    names = [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]
    traits = [name.partition(":")[2] for name in names if name.startswith("v:")]
    shown = "".join(f", {quoted(f'v:{each}')} AS {quoted(each)}" for each in traits)
    connection.execute(
        f"CREATE OR REPLACE VIEW main.{quoted(subject)} AS"
        f" SELECT id, received_at{shown} FROM {table}"
    )
    parts = [_sources_of(table, each) for each in traits]
    none = (
        "SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS trait, NULL::VARCHAR AS value,"
        " NULL::VARCHAR AS source, NULL::TIMESTAMP AS said_at, NULL::INTEGER AS sources,"
        " NULL::BOOLEAN AS differs, NULL::INTEGER AS stale WHERE false"
    )
    connection.execute(
        f"CREATE OR REPLACE VIEW main.{quoted(f'{subject}_sources')} AS"
        f" {' UNION ALL '.join(parts) or none}"
    )


def _sources_of(table: str, trait: str) -> str:
    value, source, at, count, differs, stale = (quoted(f"{part}:{trait}") for part in PARTS)
    return (
        f"SELECT id, {text(trait)} AS trait, CAST({value} AS VARCHAR) AS value, {source} AS source,"
        f" {at} AS said_at, {count}::INTEGER AS sources, {differs} AS differs,"
        f" {stale}::INTEGER AS stale FROM {table} WHERE {value} IS NOT NULL"
    )
