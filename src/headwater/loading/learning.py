"""The catalogue while it learns: every change is applied to a draft and remembered, and brings the
changes that follow from it."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from headwater.loading.losses import Losses, Lost, Noted
from headwater.loading.model import (
    INTERNAL_SCHEMA,
    AddColumn,
    AlterColumn,
    Catalog,
    Change,
    Column,
    ColumnType,
    ConflictReason,
    Limits,
    NameEvent,
    Origin,
    TableKey,
    WidenColumn,
    events_key,
)
from headwater.loading.standard import MERGED_TABLES, event_table, source_tables
from headwater.naming import table_name


def widening(catalog: Catalog, key: TableKey, column: str, kind: ColumnType) -> list[WidenColumn]:
    """What it takes for a column to have another type: the change, and those of the columns that
    follow it. A source's context columns have one type in all of its tables; `users` follows
    `identifies`, `accounts` follows `groups`. KeyError for an unknown column.
    """
    held = _held(catalog, key, column)
    if held is None:
        raise KeyError((key, column))
    return [
        WidenColumn(each, column, kind)
        for each, same in _alike(catalog, key, held)
        if same.type is not kind
    ]


def _alike(catalog: Catalog, key: TableKey, column: Column) -> Iterator[tuple[TableKey, Column]]:
    """A column, and those of other tables that show the same values."""
    keys = [key]
    if column.origin is Origin.CONTEXT:
        slug = key.schema
        if slug == INTERNAL_SCHEMA:
            slug = key.table.removeprefix("events_")
        keys = [events_key(slug), *(t.key for t in catalog.tables() if t.key.schema == slug)]
    elif key.table in MERGED_TABLES:
        keys.append(TableKey(key.schema, MERGED_TABLES[key.table]))
    for each in keys:
        if held := _held(catalog, each, column.name):
            yield each, held


def _held(catalog: Catalog, key: TableKey, column: str) -> Column | None:
    table = catalog.table(key)
    return table.columns.get(column) if table else None


class Learning:
    """A draft of the catalogue, and how it came about."""

    def __init__(self, catalog: Catalog, limits: Limits) -> None:
        self.base = catalog
        self.catalog = catalog.draft()
        self.limits = limits
        self.changes: list[Change] = []
        self.noted = Noted()

    def learn(self, change: Change) -> None:
        """Apply a change and what follows from it."""
        if isinstance(change, WidenColumn):
            for each in widening(self.catalog, change.key, change.column, change.type):
                self._apply(each)
        elif isinstance(change, AlterColumn):
            for key, _ in list(_alike(self.catalog, change.key, change.column)):
                self._apply(AlterColumn(key, change.column))
        else:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        self.catalog.apply(change)
        self.changes.append(change)

    def meet_source(self, slug: str) -> None:
        """Make the tables of a source that is new."""
        if self.catalog.table(events_key(slug)) is None:
            for table in source_tables(slug):
                self.learn(table)

    def meet_event(self, slug: str, event: str) -> str | None:
        """The table of a track event, made if need be; None where the source has too many."""
        known = self.catalog.event_table(slug, event)
        if known is not None:
            return known
        name = table_name(event)
        if name not in self.catalog.event_tables(slug):
            if len(self.catalog.event_tables(slug)) >= self.limits.max_event_tables:
                return None
            self.learn(event_table(slug, name))
        self.learn(NameEvent(slug, event, name))
        return name

    def meet_column(self, key: TableKey, column: Column) -> bool:
        """Have a table show a column that another table has; False where it has too many."""
        table = self.catalog.table(key)
        assert table is not None
        held = table.columns.get(column.name)
        if held is None:
            # A view has no columns of its own to run out of.
            if not table.view and len(table.columns) >= self.limits.max_columns:
                return False
            self.learn(AddColumn(key, column))
        elif held.type is not column.type:
            self._apply(WidenColumn(key, column.name, column.type))
        return True

    def regret(self, lost: Iterable[tuple[TableKey, Lost]], ids: pa.Array, times: pa.Array) -> None:
        """Note values without a place, each with the table that a person would look in.

        `ids` and `times` are those of the rows that the values are from.
        """
        for key, item in lost:
            self.noted.add(key, item, ids, times)


def refused_values(name: str, values: pa.Array) -> list[Lost]:
    """The values of a column that a table has no room for."""
    losses = Losses()
    for row, value in enumerate(values.to_pylist()):
        if value is not None:
            losses.add(row, name, value, ConflictReason.COLUMN_LIMIT)
    return losses.found()
