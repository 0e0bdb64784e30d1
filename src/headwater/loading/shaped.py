"""What both ways from JSON texts to columns take and give: see loading.generic and loading.plan."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow as pa

from headwater.loading.losses import Lost
from headwater.loading.model import (
    AddColumn,
    AlterColumn,
    Column,
    Origin,
    Path,
    Table,
    WidenColumn,
)
from headwater.naming import context_column, property_column

Own = Mapping[str, list[str | None]]
"""The call's own `name` and `category`, row by row, where a property of that key may stand for
them (pages and screens): it is taken where the call has none, and left out where it says the same.
"""


Silent = tuple[Path, bool]
"""A path that had no value to make a column of: null, or (True) an object without members."""


class Task(msgspec.Struct, frozen=True, eq=False):
    """Which part of events is to become columns of which table."""

    table: Table
    origin: Origin
    max_columns: int


class Shaped(msgspec.Struct, frozen=True, eq=False):
    """The columns of some rows. One that is null in all of them may be missing.

    `changes` are to be applied before the next rows are shaped; a type that they widen applies to
    the columns of earlier rows too. `silent` are paths that had nulls or empty objects, so that
    the fast way can know them.
    """

    columns: Mapping[str, pa.Array]
    lost: list[Lost]
    changes: list[AddColumn | AlterColumn | WidenColumn] = []
    silent: frozenset[Silent] = frozenset()


class UnreadableError(Exception):
    """Texts that are no JSON objects: `rows` says why, by row."""

    def __init__(self, rows: dict[int, str]) -> None:
        super().__init__(f"{len(rows)} rows are not JSON objects")
        self.rows = rows


@lru_cache(maxsize=65_536)
def column_of(path: Path, origin: Origin, extra: frozenset[str]) -> str:
    """The column that the value at `path` goes to; `extra` are the table's own standard columns."""
    if origin is Origin.CONTEXT:
        return context_column(path)
    name = property_column(path)
    return f"_{name}" if name in extra else name


def extra_columns(table: Table) -> frozenset[str]:
    """The names of a table's standard columns."""
    return frozenset(c.name for c in table.columns.values() if c.origin is Origin.STANDARD)


def precedence(path: Path, column: str, origin: Origin) -> tuple[bool, Path]:
    """Sorts the paths of one column: the one that is spelled like it first, then by code point."""
    spelled = "_".join(("context", *path) if origin is Origin.CONTEXT else path)
    return spelled != column, path


def take_own(values: list[Any], own: list[str | None]) -> list[Any]:
    """What is left of a property's values after those that stand for the call's own member."""
    left: list[Any] = [None] * len(values)
    for row, value in enumerate(values):
        if value is None:
            continue
        if type(value) is str and own[row] in (None, value):
            own[row] = value
        else:
            left[row] = value
    return left


def with_path(column: Column, path: Path) -> Column:
    """The column with one more path, in order of precedence.

    A column of several paths is loose: what loses a collision is noted as it was written.
    """
    paths = sorted({*column.paths, path}, key=lambda p: precedence(p, column.name, column.origin))
    loose = column.loose or len(paths) > 1
    return msgspec.structs.replace(column, paths=tuple(paths), loose=loose)
