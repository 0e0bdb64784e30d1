"""Which names a SELECT sees: its sources, their columns, and what an outer SELECT lends."""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum

import msgspec
from sqlglot import exp

from headwater.queries.catalog import SHAPE, Catalog, Columns, EventRelation


class Reading(IntEnum):
    """As what an event view is read; the higher includes what the lower needs."""

    SHAPE = 0
    TYPED = 1
    FULL = 2


class Source(msgspec.Struct):
    """One thing in FROM. `columns` is None where they cannot be told."""

    name: str
    columns: Columns | None
    schema: str = ""
    table: exp.Table | None = None
    event: EventRelation | None = None
    uses_typed: bool = False
    uses_shape: bool = False

    @property
    def reading(self) -> Reading:
        if not self.uses_typed:
            return Reading.SHAPE
        return Reading.FULL if self.uses_shape else Reading.TYPED

    def own(self, column: str) -> str | None:
        """The type of a column that the source has as it is named; None where it has none."""
        return None if self.columns is None else self.columns.get(column)

    def typed(self, column: str) -> str | None:
        """The type of a column that only the typed reading of an event view has."""
        return self.event.columns.get(column) if self.event else None

    def use(self, column: str) -> None:
        """Note that a column is used, for the choice of the reading."""
        if self.event is None:
            return
        if column not in SHAPE:
            self.uses_typed = True
        elif column not in self.event.columns:
            self.uses_shape = True


class Scope(msgspec.Struct):
    """What the expressions of one SELECT see."""

    sources: list[Source]
    aliases: Mapping[str, exp.Expr]
    outer: "Scope | None" = None


class Found(msgspec.Struct, frozen=True):
    """What a dotted name refers to: the first `length` parts name a column of this type."""

    type: str
    length: int
    source: Source | None = None
    alias: bool = False


def find(scope: Scope, parts: Sequence[str], *, sees_aliases: bool, prefers_aliases: bool) -> Found:
    """What a dotted name (lower case) refers to, from the inner scope outwards.

    The type is empty where it cannot be told.
    """
    at: Scope | None = scope
    while at is not None:
        found = _qualified(at, parts) or _in_scope(
            at, parts, sees_aliases=sees_aliases and at is scope, prefers_aliases=prefers_aliases
        )
        if found is not None:
            return found
        at = at.outer
    unknown = [s for s in _visible(scope) if s.columns is None]
    if unknown and parts[0] in ("properties", "context"):
        return Found("JSON", 1)
    return Found("", len(parts))


def _visible(scope: Scope) -> Iterator[Source]:
    at: Scope | None = scope
    while at is not None:
        yield from at.sources
        at = at.outer


def _qualified(scope: Scope, parts: Sequence[str]) -> Found | None:
    for source in scope.sources:
        skip = 0
        if len(parts) > 1 and parts[0] == source.name:
            skip = 1
        elif len(parts) > 2 and (parts[0], parts[1]) == (source.schema or "main", source.name):
            skip = 2
        if skip:
            kind = source.own(parts[skip]) or source.typed(parts[skip])
            if kind is None and source.columns is None and parts[skip] in ("properties", "context"):
                kind = "JSON"
            return Found(kind or "", skip + 1, source if kind else None)
    return None


def _in_scope(
    scope: Scope, parts: Sequence[str], *, sees_aliases: bool, prefers_aliases: bool
) -> Found | None:
    name = parts[0]
    alias = Found("", 1, alias=True) if sees_aliases and name in scope.aliases else None
    if alias is not None and prefers_aliases:
        return alias
    for source in scope.sources:
        if (kind := source.own(name)) is not None:
            return Found(kind, 1, source)
    if alias is not None:
        return alias
    for source in scope.sources:
        if (kind := source.typed(name)) is not None:
            return Found(kind, 1, source)
    return None


def source_of_table(
    table: exp.Table, catalog: Catalog, named: Mapping[str, Columns | None]
) -> Source:
    """The source that a table in FROM is; `named` are the common table expressions in sight."""
    name, schema = table.name.lower(), table.db.lower()
    shown = (table.alias or table.name).lower()
    if isinstance(table.this, exp.Func):
        return Source(shown, _alias_columns(table))
    if not schema and name in named:
        return Source(shown, named[name])
    if schema in ("", "main") and (event := catalog.event(name)) is not None:
        return Source(shown, SHAPE, schema, table, event)
    return Source(shown, catalog.columns(schema, name), schema, table)


def _alias_columns(table: exp.Table) -> Columns | None:
    alias = table.args.get("alias")
    names = [column.name.lower() for column in alias.columns] if alias else []
    return dict.fromkeys(names, "") if names else None
