"""The same rows in DuckDB and in a real PostgreSQL: an expression must answer the same in both."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ibis
import pyarrow as pa
import pytest
from sqlalchemy import Connection

from tests.pulls.servers import engine, postgres

Rows = list[tuple[Any, ...]]
Ask = Callable[[Any], Rows]

_POSTGRES = {pa.string(): "text", pa.timestamp("us"): "timestamp", pa.float64(): "float8"}


@pytest.fixture(scope="session")
def server() -> Iterator[Connection]:
    with postgres() as url, engine(url).connect() as connection:
        yield connection


@pytest.fixture
def both(server: Connection) -> Iterator[Callable[[dict[str, pa.Table]], Ask]]:
    """Puts tables into both, and gives the function that asks both and compares."""
    names: list[str] = []

    def put(tables: dict[str, pa.Table]) -> Ask:
        local = ibis.duckdb.connect()
        for name, table in tables.items():
            names.append(name)
            local.con.register(name, table)
            _fill(server, name, table)
        return lambda expression: _same(local, server, expression)

    yield put
    for name in names:
        server.exec_driver_sql(f'DROP TABLE "{name}"')
    server.commit()


def _fill(server: Connection, name: str, table: pa.Table) -> None:
    columns = ", ".join(f'"{field.name}" {_POSTGRES[field.type]}' for field in table.schema)
    server.exec_driver_sql(f'CREATE TABLE "{name}" ({columns})')
    places = ", ".join(["%s"] * len(table.schema))
    rows = [tuple(row.values()) for row in table.to_pylist()]
    server.exec_driver_sql(f'INSERT INTO "{name}" VALUES ({places})', rows)


def _same(local: Any, server: Connection, expression: Any) -> Rows:
    told = local.con.execute(ibis.to_sql(expression, dialect="duckdb")).fetchall()
    sql = ibis.to_sql(expression, dialect="postgres")
    found = [_plain(row) for row in told]
    theirs = [_plain(row) for row in server.exec_driver_sql(sql)]
    assert sorted(found, key=repr) == sorted(theirs, key=repr)
    return found


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        round(float(each), 9)
        if isinstance(each, int | float) or hasattr(each, "quantize")
        else each
        for each in row
    )
