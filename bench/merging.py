"""People merged out of four sources: how long that takes, and how long questions do.

    python -m bench.merging [--people 1000000] [--traits 20]

Sources are filled by SQL, for it is not loading that is measured. Ratios are to the same question
asked of the calls themselves, which is what one would have to write without `people`.
"""

import argparse
import tempfile
import time
from pathlib import Path

from headwater.loading.model import AddColumn, Column, ColumnType, Origin, TableKey
from headwater.loading.standard import source_tables
from headwater.syncing.looks import OverviewLook, StatementsLook, WhatIfLook
from headwater.syncing.model import Policy, Rule, Subject
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.looks import merged
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

SOURCES = ("crm", "file", "site", "support")
RULES = {"*": Rule(policy=Policy.SOURCE_ORDER, order=("crm", "site"), fresh_days=90)}


def main() -> None:
    """Fill, merge, ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--traits", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "w.duckdb", Tuning())
        try:
            _fill(warehouse, asked.people, asked.traits)
            _merge(warehouse, asked.people)
            _ask(warehouse)
        finally:
            warehouse.close()


def _fill(warehouse: DuckDBWarehouse, people: int, traits: int) -> None:
    names = [f"t{number}" for number in range(traits)]
    columns = [
        Column(
            name,
            ColumnType.INTEGER if n % 3 == 2 else ColumnType.TEXT,
            Origin.PROPERTIES,
            ((name,),),
        )
        for n, name in enumerate(names)
    ]
    with warehouse.altering() as altering:
        for number, slug in enumerate(SOURCES):
            keys = [TableKey(slug, name) for name in ("identifies", "users")]
            altering.make(
                [*source_tables(slug), *(AddColumn(key, each) for key in keys for each in columns)]
            )
            at = f"TIMESTAMP '2026-01-01' + to_seconds((hash(u, r, {number}) % 20000000)::INT)"
            values = ", ".join(_value(n, number, each) for n, each in enumerate(columns))
            altering.connection.execute(
                f"INSERT INTO {slug}.identifies BY NAME SELECT 'm' || u || '-' || r AS id,"
                f" 'user-' || ((u * 7919) % {people}) AS user_id, {at} AS received_at,"
                f' {at} AS "timestamp", {values}'
                f" FROM range({people}) t(u), range({2 - number // 2}) x(r)"
            )
            altering.connection.execute(
                f"INSERT INTO {slug}.users BY NAME SELECT DISTINCT user_id AS id,"
                f" TIMESTAMP '2026-01-01' AS received_at FROM {slug}.identifies"
            )


def _value(number: int, source: int, column: Column) -> str:
    """Known to most, and another one at each source for one in five."""
    told = f"hash(u, {number}, CASE WHEN hash(u, {number}) % 5 = 0 THEN {source} ELSE 0 END)"
    value = f"'value ' || ({told} % 1000000)"
    if column.type is ColumnType.INTEGER:
        value = f"({told} % 1000)::BIGINT"
    gone = f"(hash(u, {number}, {source}, r) % 10) < 3"
    return f"CASE WHEN {gone} THEN NULL ELSE {value} END AS {column.name}"


def _merge(warehouse: DuckDBWarehouse, people: int) -> None:
    started = time.perf_counter()
    while warehouse.merge({Subject.PEOPLE: RULES}):
        pass
    took = time.perf_counter() - started
    print(f"everybody merged in {took:.1f} s: {people / took:,.0f} people/s")
    with warehouse.altering() as altering:
        altering.connection.execute(
            "INSERT INTO _headwater.merged_changes SELECT 'people', id FROM"
            " _headwater.merged_people LIMIT 100"
        )
    started = time.perf_counter()
    warehouse.merge({Subject.PEOPLE: RULES})
    print(f"a hundred people merged anew in {time.perf_counter() - started:.2f} s")


def _ask(warehouse: DuckDBWarehouse) -> None:
    newest = (
        'SELECT t2, count(*) FROM (SELECT user_id, arg_max(t2, "timestamp") AS t2'
        " FROM identifies WHERE t2 IS NOT NULL GROUP BY user_id) GROUP BY t2"
    )
    with warehouse.reading() as cursor:

        def took(sql: str) -> float:
            cursor.execute(sql).fetchall()
            started = time.perf_counter()
            cursor.execute(sql).fetchall()
            return time.perf_counter() - started

        by_hand = took(newest)
        for name, sql in (
            ("count by a trait", "SELECT t2, count(*) FROM people GROUP BY t2"),
            ("one person", "SELECT * FROM people WHERE id = 'user-77'"),
            ("a hundred rows, all traits", "SELECT * FROM people LIMIT 100"),
            ("where values are from", "SELECT * FROM people_sources WHERE id = 'user-77'"),
        ):
            seconds = took(sql)
            print(f"{name}: {seconds:.3f} s ({seconds / by_hand:.2f} of the newest by hand)")
    for name, look in (
        ("overview", lambda: merged.overview(warehouse, OverviewLook(Subject.PEOPLE))),
        (
            "conflicts of a trait, 2,000 people",
            lambda: merged.statements(
                warehouse, StatementsLook(Subject.PEOPLE, trait="t1", count=2_000)
            ),
        ),
        (
            "what if, one trait, 20,000 people",
            lambda: merged.what_if(
                warehouse,
                WhatIfLook(
                    Subject.PEOPLE, RULES, RULES | {"t1": Rule(policy=Policy.OLDEST)}, 20_000, 20
                ),
            ),
        ),
    ):
        started = time.perf_counter()
        look()
        print(f"{name}: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
