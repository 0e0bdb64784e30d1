"""Looks at what is merged of all sources, and at what that was made of."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from headwater.kit.clock import isoformat, to_microseconds
from headwater.loading.model import Catalog
from headwater.queries.looks import LONGEST_SECONDS
from headwater.syncing.looks import (
    MOST_IDS,
    ChangedTrait,
    ChangedValue,
    Overview,
    OverviewLook,
    SaidOf,
    StatementsLook,
    TraitFacts,
    WhatIf,
    WhatIfLook,
)
from headwater.syncing.model import EVERY, Nulls, Rule
from headwater.syncing.rules import Statement
from headwater.warehouses.duckdb import merging
from headwater.warehouses.duckdb.looks.running import over
from headwater.warehouses.duckdb.merged_sql import Telling, Trait, telling
from headwater.warehouses.duckdb.sql import quoted
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_AT_ONCE: Final = 5_000
_MOST_STATEMENTS: Final = 200_000
_TELLS_NULLS: Final = {EVERY: Rule(nulls=Nulls.DELETE)}


def overview(warehouse: DuckDBWarehouse, wanted: OverviewLook) -> Overview:
    """How much there is of each trait, and how far the sources agree."""
    table = merging.kept_table(wanted.subject)
    with _moment(warehouse) as (cursor, catalog):
        told = telling(catalog, wanted.subject)
        described = dict(row[:2] for row in cursor.execute(f"DESCRIBE {table}").fetchall())
        traits = [name.partition(":")[2] for name in described if name.startswith("v:")]
        columns = "".join(
            f", count({quoted(f'v:{each}')}), count_if({quoted(f'n:{each}')} > 1),"
            f" count_if({quoted(f'd:{each}')}), count_if({quoted(f'x:{each}')} > 0),"
            f" histogram({quoted(f's:{each}')})"
            for each in traits
        )
        [(total, *counts)] = cursor.execute(f"SELECT count(*){columns} FROM {table}").fetchall()
        waiting = merging.waiting(cursor, wanted.subject)
    return Overview(
        wanted.subject,
        total,
        waiting,
        [slug for slug, columns in told.columns.items() if columns],
        [
            _facts(each, described[f"v:{each}"], counts[n : n + 5])
            for n, each in zip(range(0, len(counts), 5), traits, strict=True)
        ],
    )


def _facts(trait: str, kind: str, counted: Sequence[Any]) -> TraitFacts:
    filled, several, differing, stale, won = counted
    return TraitFacts(trait, kind, filled, several, differing, stale, won or {})


def statements(warehouse: DuckDBWarehouse, wanted: StatementsLook) -> list[SaidOf]:
    """What was said of one id, or about a trait of those about whom the sources differ."""
    table = merging.kept_table(wanted.subject)
    with _moment(warehouse) as (cursor, catalog):
        told = telling(catalog, wanted.subject)
        traits = [
            each
            for each in merging.traits_of(told, _TELLS_NULLS)
            if wanted.trait in ("", each.name)
        ]
        kept = {row[0] for row in cursor.execute(f"DESCRIBE {table}").fetchall()}
        if wanted.id:
            ids = pa.table({"id": pa.array([wanted.id], pa.string())})
        elif not traits or f"d:{wanted.trait}" not in kept:
            return []
        else:
            ids = cursor.sql(
                f"SELECT id FROM {table} WHERE {quoted(f'd:{wanted.trait}')}"
                f" ORDER BY hash(id), id LIMIT {min(wanted.count, MOST_IDS)}"
            ).to_arrow_table()
        return _said(cursor, told, traits, ids)


def _said(
    cursor: duckdb.DuckDBPyConnection, told: Telling, traits: Sequence[Trait], ids: pa.Table
) -> list[SaidOf]:
    order = ids["id"].to_pylist()
    found: dict[tuple[str, str], list[Statement]] = {}
    calls, taken_back, filled = merging.read(cursor, told, traits, ids)
    calls = calls.sort_by("seq").slice(0, _MOST_STATEMENTS)
    columns = {name: calls[name].to_pylist() for name in calls.column_names}
    columns["r"] = calls["r"].cast(pa.int64()).to_pylist()
    for position, trait in enumerate(filled):
        values = columns[f"c{position}"]
        for source, id_, at, received, value in zip(
            columns["s"], columns["id"], columns["said_at"], columns["r"], values, strict=True
        ):
            if value is not None:
                said = Statement(told.slugs[source], at, received, _shown(value))
                found.setdefault((id_, trait.name), []).append(said)
    for row in taken_back.to_pylist():
        key = (row["id"], filled[row["trait"]].name)
        gone = Statement(told.slugs[row["s"]], row["said_at"], row["said_at"], None)
        found.setdefault(key, []).append(gone)
    return [
        SaidOf(id_, trait.name, found[id_, trait.name])
        for id_ in order
        for trait in filled
        if (id_, trait.name) in found
    ]


def what_if(warehouse: DuckDBWarehouse, wanted: WhatIfLook) -> WhatIf:
    """Which values other rules would change, of all people or of as many as there is time for."""
    table, ends = merging.kept_table(wanted.subject), time.monotonic() + LONGEST_SECONDS
    with _moment(warehouse) as (cursor, catalog):
        told = telling(catalog, wanted.subject)
        pairs = [
            (before, after)
            for before, after in zip(
                merging.traits_of(told, wanted.before),
                merging.traits_of(told, wanted.after),
                strict=True,
            )
            if before.rule != after.rule
        ]
        [(total,)] = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()
        ids = cursor.sql(
            f"SELECT id FROM {table} ORDER BY hash(id), id LIMIT {wanted.count}"
        ).to_arrow_table()
        people, counts = 0, dict.fromkeys([each.name for each, _ in pairs], 0)
        samples: list[ChangedValue] = []
        for start in range(0, ids.num_rows if pairs else 0, _AT_ONCE):
            if time.monotonic() > ends:
                raise over()
            some = ids.slice(start, _AT_ONCE)
            changed = _changed(cursor, told, pairs, some)
            people += len({each.id for each in changed})
            for each in changed:
                counts[each.trait] += 1
            samples += changed[: max(0, wanted.samples - len(samples))]
    traits = [ChangedTrait(name, count) for name, count in counts.items() if count]
    return WhatIf(total, ids.num_rows, people, traits, samples)


def _changed(
    cursor: duckdb.DuckDBPyConnection,
    told: Telling,
    pairs: Sequence[tuple[Trait, Trait]],
    ids: pa.Table,
) -> list[ChangedValue]:
    before, after = [each for each, _ in pairs], [each for _, each in pairs]
    old = _by_trait(*merging.put_together(cursor, told, before, ids))
    now = _by_trait(*merging.put_together(cursor, told, after, ids))
    found = []
    for id_ in ids["id"].to_pylist():
        for trait in before:
            was = old.get((id_, trait.name), (None, ""))
            will = now.get((id_, trait.name), (None, ""))
            if was[0] != will[0]:
                found.append(
                    ChangedValue(id_, trait.name, _shown(was[0]), was[1], _shown(will[0]), will[1])
                )
    return found


def _by_trait(rows: pa.Table, filled: Sequence[Trait]) -> dict[tuple[str, str], tuple[Any, str]]:
    ids = rows["id"].to_pylist()
    found = {}
    for position, trait in enumerate(filled):
        values, sources = rows[f"v{position}"].to_pylist(), rows[f"s{position}"].to_pylist()
        for id_, value, source in zip(ids, values, sources, strict=True):
            if value is not None:
                found[id_, trait.name] = (value, source)
    return found


def _shown(value: Any) -> Any:
    """A value as JSON has it."""
    return (
        isoformat(to_microseconds(value.replace(tzinfo=UTC)))
        if isinstance(value, datetime)
        else value
    )


@contextmanager
def _moment(
    warehouse: DuckDBWarehouse,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Catalog]]:
    """A cursor at one moment, and the catalogue of that moment."""
    with warehouse.reading() as cursor:
        catalog = warehouse.begin(cursor)
        try:
            yield cursor, catalog
        finally:
            cursor.rollback()
