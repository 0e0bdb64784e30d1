"""Analyses over twenty million events, each beside the best SQL that a person would write.

    python -m bench.analytics [--events 20000000] [--folder FOLDER]

The events' tables are filled by SQL, for it is not loading that is measured; with --folder they are
kept for the next run. Both are asked by the warehouse's own path: guarded, resolved, as Arrow.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from headwater.analytics.asking import rows_of, tables_of
from headwater.analytics.engine import Tables, compiled
from headwater.analytics.events import Events
from headwater.analytics.kinds import KINDS
from headwater.loading.model import AddColumn, Column, ColumnType, NameEvent, Origin, TableKey
from headwater.loading.standard import event_table, source_tables
from headwater.queries.model import Format, Question
from headwater.warehouses.duckdb.asking import Limits
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses

WORKSPACE = "bench"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS = 180
RUNS = 3
STEPS = {
    "Product Viewed": ("product_viewed", 11),
    "Product Added": ("product_added", 5),
    "Checkout Started": ("checkout_started", 3),
    "Order Completed": ("order_completed", 1),
}
PAGES = 20
"""Beside these so many page views."""
SINCE = "TIMESTAMP '2026-04-03'"
UNTIL = "TIMESTAMP '2026-07-02'"
WHEN = 'coalesce("timestamp", received_at)'
TIES = """ties AS (SELECT anonymous_id AS tied, min_by(user_id, received_at) AS owner FROM
identifies WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL GROUP BY 1)"""
PERSON = "coalesce(e.user_id, t.owner, e.anonymous_id)"
TREND = f"""
WITH cells AS (SELECT date_trunc('day', {WHEN}) AS moment, category, count(*) AS n
  FROM product_viewed WHERE {WHEN} >= {SINCE} AND {WHEN} < {UNTIL} GROUP BY ALL),
top AS (SELECT category FROM cells GROUP BY 1 ORDER BY sum(n) DESC, 1 LIMIT 8)
SELECT moment, CASE WHEN category IN (SELECT category FROM top) THEN category END AS category,
sum(n) FROM cells GROUP BY ALL
"""
WEEK = f"(date_diff('day', DATE '2026-03-30', ({WHEN})::DATE) // 7)::INTEGER"
RETENTION = f"""
WITH {TIES}, told AS (SELECT {PERSON} AS person, min(CASE WHEN {WHEN} >= {SINCE} THEN {WEEK}
    ELSE -1 END) AS first,
    bit_or(CASE WHEN {WHEN} >= {SINCE} THEN 1::BIGINT << {WEEK} END) AS weeks
  FROM product_viewed e LEFT JOIN ties t
    ON CASE WHEN e.user_id IS NULL THEN e.anonymous_id END = t.tied
  WHERE {WHEN} < {UNTIL} AND {PERSON} IS NOT NULL GROUP BY 1),
cohorts AS (SELECT first, weeks, count(*) AS n FROM told WHERE first >= 0 GROUP BY ALL)
SELECT first, week - first AS later, sum(n) FROM cohorts, range(14) weeks(week)
WHERE week >= first AND (weeks >> week::INTEGER) & 1 = 1 GROUP BY ALL
"""
"""The weeks of each person as bits."""


class Engine:
    """The warehouse, without the socket between."""

    def __init__(self, warehouses: DuckDBWarehouses) -> None:
        self._warehouses = warehouses

    def tables(self) -> Tables:
        return tables_of(self._warehouses.tables(WORKSPACE))

    def rows(self, expression: Any) -> list[dict[str, Any]]:
        return self.asked(compiled(expression, "duckdb"))

    def asked(self, sql: str) -> list[dict[str, Any]]:
        question = Question(sql=sql, workspace_id=WORKSPACE, format=Format.ARROW)
        with self._warehouses.ask(question).body as body:
            return rows_of(body.read())


def main() -> None:
    """Fill, and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        limits = Limits(1_000_000, 600.0, 1)
        warehouses = DuckDBWarehouses(asked.folder or Path(folder), Tuning(), limits)
        try:
            if not warehouses.workspace(WORKSPACE).catalog.event_tables("shop"):
                _fill(warehouses, asked.events)
            _ask(Engine(warehouses), asked.events)
        finally:
            warehouses.close()


def _ask(engine: Engine, events: int) -> None:
    print(f"{events:,} events; the best of {RUNS}, in seconds, and the ratio to SQL by hand")
    steps = [{"event": each} for each in STEPS]
    asked: list[tuple[str, str, dict[str, Any], str]] = [
        (
            "trends, 90 days by a property",
            "trends",
            {"series": [{"event": "Product Viewed"}], "by": "category"},
            TREND,
        ),
        ("funnel of 4 steps, 90 days", "funnel", {"steps": steps}, _funnel()),
        (
            "retention over 12 weeks",
            "retention",
            {"start": {"event": "Product Viewed"}, "each": "week"},
            RETENTION,
        ),
    ]
    for name, kind, request, sql in asked:
        mine = _best(lambda kind=kind, request=request: _analysed(engine, kind, request))  # type: ignore[misc]
        theirs = _best(lambda sql=sql: engine.asked(sql))  # type: ignore[misc]
        print(f"{name:<32} {mine:6.2f} {theirs:6.2f} {mine / theirs:5.2f}", flush=True)


def _analysed(engine: Engine, kind: str, request: dict[str, Any]) -> Any:
    analysis = KINDS[kind]
    wanted = msgspec.convert({"period": {"days": 90}, **request}, analysis.request)
    return analysis.ask(wanted, Events(engine, NOW, wanted.people))


def _best(ask: Callable[[], Any]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        ask()
        times.append(time.perf_counter() - started)
    return min(times)


def _funnel() -> str:
    """Each step joined with the latest way to the step before: its latest start leads furthest."""
    ways = []
    for step, (table, _) in enumerate(STEPS.values(), 1):
        until = UNTIL if step == 1 else f"{UNTIL} + INTERVAL 7 DAY"
        told = (
            f"SELECT {PERSON} AS person, {WHEN} AS moment FROM {table} e LEFT JOIN ties t"
            f" ON CASE WHEN e.user_id IS NULL THEN e.anonymous_id END = t.tied"
            f" WHERE {WHEN} >= {SINCE} AND {WHEN} < {until} AND {PERSON} IS NOT NULL"
        )
        if step == 1:
            ways.append(f"s1 AS (SELECT person, moment, moment AS start FROM ({told}))")
        else:
            ways.append(
                f"s{step} AS (SELECT b.person, b.moment, a.start FROM ({told}) b"
                f" ASOF JOIN s{step - 1} a ON a.person = b.person AND b.moment > a.moment"
                f" WHERE b.moment <= a.start + INTERVAL 7 DAY)"
            )
    took = " UNION ALL ".join(
        f"SELECT {step} AS step, person, epoch(moment - start) AS took FROM s{step}"
        for step in range(1, len(STEPS) + 1)
    )
    return (
        f"WITH {TIES}, {', '.join(ways)} SELECT step, count(*),"
        f" quantile_cont(took, [0.1, 0.5, 0.9]) FROM (SELECT step, person, min(took) AS took"
        f" FROM ({took}) GROUP BY ALL) GROUP BY ALL"
    )


def _fill(warehouses: DuckDBWarehouses, events: int) -> None:
    """One person for forty events; a third of the events say only the device, half are pages."""
    people, shares = events // 40, PAGES + sum(share for _, share in STEPS.values())
    category = Column("category", ColumnType.TEXT, Origin.PROPERTIES, (("category",),))
    with warehouses.workspace(WORKSPACE).altering() as altering:
        changes: list[Any] = list(source_tables("shop"))
        for name, (table, _) in STEPS.items():
            changes += [event_table("shop", table), NameEvent("shop", name, table)]
            changes.append(AddColumn(TableKey("shop", table), category))
        altering.make(changes)
        span = DAYS * 86_400
        for number, (name, (table, share)) in enumerate(STEPS.items()):
            altering.connection.execute(
                f"INSERT INTO shop.{table} BY NAME SELECT {_call(number, people, span)},"
                f" '{table}' AS event, '{name}' AS event_text,"
                f" 'kind ' || (hash(i, 2) % 20) AS category"
                f" FROM range({events * share // shares}) t(i)"
            )
        altering.connection.execute(
            f"INSERT INTO shop.pages BY NAME SELECT {_call(len(STEPS), people, span)}"
            f" FROM range({events * PAGES // shares}) t(i)"
        )
        altering.connection.execute(
            "INSERT INTO shop.identifies BY NAME SELECT 'i-' || i AS id, 'device-' || i AS"
            " anonymous_id, 'user-' || i AS user_id, TIMESTAMP '2026-01-03' AS received_at"
            f" FROM range({people}) t(i)"
        )


def _call(number: int, people: int, span: int) -> str:
    """What every call says of row `i`."""
    person = f"(hash(i, {number}) % {people})"
    at = f"TIMESTAMP '2026-01-03' + to_seconds((hash(i, {number}, 1) % {span})::INT)"
    return (
        f"'{number}-' || i AS id, 'device-' || {person} AS anonymous_id,"
        f" CASE WHEN i % 3 > 0 THEN 'user-' || {person} END AS user_id,"
        f' {at} AS "timestamp", {at} AS received_at'
    )


if __name__ == "__main__":
    main()
