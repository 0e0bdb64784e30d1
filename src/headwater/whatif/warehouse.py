"""What accepted events would do to a warehouse: the loader's own planning, carried on in mind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from headwater.loading.model import (
    INTERNAL_SCHEMA,
    Catalog,
    Limits,
    Prepared,
    SourceBatch,
    TableKey,
)
from headwater.loading.prepare import prepare
from headwater.pipeline.batch import Place
from headwater.whatif.model import (
    ColumnEffect,
    MisfitEffect,
    TableEffect,
    TypeEffect,
    WarehouseEffect,
)

_Column = tuple[TableKey, str]
_Misfit = tuple[str, str, str, str]
_LONGEST: Final = 200
_MOST: Final = 500


class Planned:
    """The tables as they would be, after all that was planned so far."""

    def __init__(self, catalog: Catalog, limits: Limits, slugs: Mapping[str, str]) -> None:
        """`slugs` are those of the sources, by their ids."""
        self.catalog = catalog.draft()
        self.catalog.recall = {}  # what loading recalls is true of one line of catalogues alone
        self.filled: set[_Column] = set()
        self.misfits: Counter[_Misfit] = Counter()
        self.examples: dict[_Misfit, str] = {}
        self.refused = 0
        self._limits = limits
        self._slugs = slugs

    def plan(self, accepted: Mapping[Place, pa.RecordBatch]) -> Prepared | None:
        """Load some accepted events, in mind."""
        batches = [
            SourceBatch(source_id, self._slugs[source_id], hour, events)
            for (source_id, hour), events in accepted.items()
            if source_id in self._slugs
        ]
        if not batches:
            return None
        prepared = prepare(batches, self.catalog, self._limits)
        self.catalog = prepared.catalog
        self.refused += len(prepared.failed)
        for conflict in prepared.conflicts:
            misfit = (conflict.schema, conflict.table, conflict.column, conflict.reason.value)
            self.misfits[misfit] += conflict.count
            if conflict.value is not None:
                self.examples.setdefault(misfit, conflict.value[:_LONGEST])
        for key, rows in _rows(prepared):
            for name in rows.column_names:
                column = (key, name)
                if column not in self.filled and rows[name].null_count < rows.num_rows:
                    self.filled.add(column)
        return prepared


def _rows(prepared: Prepared) -> Sequence[tuple[TableKey, pa.Table]]:
    found = [(each.key, each.rows) for each in prepared.rows]
    found += [(each.key, each.rows) for each in prepared.users]
    found += [(each.key, each.rows) for each in prepared.accounts]
    return [each for each in found if each[0].schema != INTERNAL_SCHEMA]


def effect(before: Planned, after: Planned, *, is_known: bool) -> WarehouseEffect:
    """What is different in the warehouse."""
    was, becomes = _types(before.catalog), _types(after.catalog)
    tables = {key for key, _ in becomes} - {key for key, _ in was}
    return WarehouseEffect(
        is_known=is_known,
        tables_added=[TableEffect(key.schema, key.table) for key in sorted(tables)][:_MOST],
        columns_added=[
            ColumnEffect(key.schema, key.table, name, becomes[key, name])
            for key, name in sorted(becomes.keys() - was.keys())
        ][:_MOST],
        types_changed=[
            TypeEffect(key.schema, key.table, name, was[key, name], becomes[key, name])
            for key, name in sorted(was.keys() & becomes.keys())
            if was[key, name] != becomes[key, name]
        ][:_MOST],
        unfilled=[
            ColumnEffect(key.schema, key.table, name, was.get((key, name), ""))
            for key, name in sorted(before.filled - after.filled)
        ][:_MOST],
        misfits=_misfits(before, after),
        refused_before=before.refused,
        refused_after=after.refused,
    )


def _types(catalog: Catalog) -> dict[_Column, str]:
    return {
        (table.key, name): column.type.value
        for table in catalog.tables()
        if table.key.schema != INTERNAL_SCHEMA
        for name, column in table.columns.items()
    }


def _misfits(before: Planned, after: Planned) -> list[MisfitEffect]:
    return [
        MisfitEffect(
            *misfit,
            before.misfits[misfit],
            after.misfits[misfit],
            after.examples.get(misfit) or before.examples.get(misfit, ""),
        )
        for misfit in sorted(before.misfits.keys() | after.misfits.keys())
        if before.misfits[misfit] != after.misfits[misfit]
    ][:_MOST]
