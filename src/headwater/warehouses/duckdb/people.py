"""`users` and `accounts`: per column the newest value that is not null, by `received_at`."""

from collections.abc import Mapping
from typing import Final

import duckdb
import pyarrow as pa

from headwater.loading.model import AccountRows, TableKey, UserRows
from headwater.warehouses.duckdb import merging
from headwater.warehouses.duckdb.engine import registered
from headwater.warehouses.duckdb.sql import quoted, table_name

PERSONS: Final[Mapping[str, tuple[str, str]]] = {
    "users": ("identifies", "user_id"),
    "accounts": ("groups", "group_id"),
}
"""The table of the calls that each is made of, and the column of its rows' ids there."""


_OLDEST: Final = "oldest call"
"""No column of events has a name with a space."""


def merge(connection: duckdb.DuckDBPyConnection, people: UserRows | AccountRows) -> None:
    """Merge rows, one for each `id`, into the stored ones. Call it after the calls' own rows.

    Where a row is also of calls older than what is stored (events came late), column by column the
    newest value can only be told from all calls of the person, which are then read again.
    """
    key, rows = people.key, people.rows
    target = table_name(key)
    late = (
        f"SELECT p.id FROM _people p JOIN {target} t ON t.id = p.id"
        f" WHERE p.{quoted(_OLDEST)} < t.received_at"
    )
    names = [row[0] for row in connection.execute(f"DESCRIBE {target}").fetchall()]
    with registered(connection, _people=rows.append_column(_OLDEST, people.oldest)):
        ids = connection.sql(late).to_arrow_table()
        merged = connection.sql(_merged(target, names, rows.column_names)).to_arrow_table()
    if ids.num_rows:
        merged = _with_late(connection, key, names, merged, ids)
    with registered(connection, _merged=merged):
        connection.execute(f"DELETE FROM {target} WHERE id IN (SELECT id FROM _merged)")
        connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM _merged")
    merging.mark(connection, key, rows)


def _merged(target: str, names: list[str], incoming: list[str]) -> str:
    values = ["p.id AS id", "greatest(p.received_at, t.received_at) AS received_at"]
    for name in names:
        if name in ("id", "received_at"):
            continue
        column = quoted(name)
        values.append(
            f"coalesce(p.{column}, t.{column}) AS {column}" if name in incoming else f"t.{column}"
        )
    return f"SELECT {', '.join(values)} FROM _people p LEFT JOIN {target} t ON t.id = p.id"


def _with_late(
    connection: duckdb.DuckDBPyConnection,
    key: TableKey,
    names: list[str],
    merged: pa.Table,
    ids: pa.Table,
) -> pa.Table:
    """The merged rows, those of `ids` read again from all of their calls."""
    with registered(connection, _late=ids, _merged=merged):
        return connection.sql(
            f"SELECT * FROM _merged WHERE id NOT IN (SELECT id FROM _late) UNION ALL BY NAME"
            f" {_of_calls(connection, key, names)}"
        ).to_arrow_table()


def make_anew(connection: duckdb.DuckDBPyConnection, key: TableKey, ids: pa.Table) -> None:
    """Make the stored rows of `ids` what all of their calls say: without a call, there is none."""
    target = table_name(key)
    names = [row[0] for row in connection.execute(f"DESCRIBE {target}").fetchall()]
    with registered(connection, _late=ids):
        made = connection.sql(_of_calls(connection, key, names)).to_arrow_table()
        connection.execute(f"DELETE FROM {target} WHERE id IN (SELECT id FROM _late)")
    with registered(connection, _made=made):
        connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM _made")
    merging.mark(connection, key, ids)


def _of_calls(connection: duckdb.DuckDBPyConnection, key: TableKey, names: list[str]) -> str:
    """The rows of the persons in `_late`, by the newest value of each column in all calls."""
    table, person = PERSONS[key.table]
    calls = table_name(TableKey(key.schema, table))
    known = {row[0] for row in connection.execute(f"DESCRIBE {calls}").fetchall()}
    values = [f"{person} AS id", "max(received_at) AS received_at"]
    for name in names:
        if name in ("id", "received_at"):
            continue
        column = quoted(name)
        values.append(
            f"last({column} ORDER BY received_at, rowid) FILTER (WHERE {column} IS NOT NULL)"
            f" AS {column}"
            if name in known
            else f"NULL AS {column}"
        )
    return (
        f"SELECT {', '.join(values)} FROM {calls}"
        f" WHERE {person} IN (SELECT id FROM _late) GROUP BY {person}"
    )
