"""From JSON texts to columns: the plan where it fits, the generic way where it does not, and the
catalogue learns in between. The result is the same as the generic way's alone.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.loading import generic
from headwater.loading.model import (
    ARROW_TYPES,
    AddColumn,
    AlterColumn,
    Catalog,
    Column,
    Limits,
    Origin,
    TableKey,
    WidenColumn,
)
from headwater.loading.plan import Plan, UnplannedError
from headwater.loading.shaped import Lost, Own, Shaped, Silent, Task, UnreadableError

_PIECE: Final = 1000
"""Rows that a plan takes at once: what it decodes stays in the processor's cache (measured: 3.0
microseconds an event, and 5.0 in pieces of 20,000)."""

_SMALL: Final = 256
"""Rows that the generic way takes at once where a plan gave up: then the plan is tried again."""

_MOST_SILENT: Final = 2000
"""The most paths without a value that are remembered for one table."""

Learn = Callable[[AddColumn | AlterColumn | WidenColumn], None]


class _Recall(msgspec.Struct):
    """What is kept for one table and part: the silent paths, and the plan while it holds."""

    silent: frozenset[Silent] = frozenset()
    columns: tuple[Column, ...] | None = None
    table: Any = None
    plan: Plan | None = None


class Room(msgspec.Struct, frozen=True):
    """What shaping works with: the catalogue's draft, the limits, and how to alter the draft."""

    catalog: Catalog
    limits: Limits
    learn: Learn


def shape(
    texts: pa.Array, key: TableKey, origin: Origin, own: Own, room: Room
) -> tuple[dict[str, pa.Array], list[Lost]]:
    """The columns of JSON objects (row by row) of a table that the catalogue knows, and what was
    lost. What is learned goes to the catalogue at once, through `room.learn`.

    Columns that are null in all rows may be missing. Raises UnreadableError.
    """
    parts: list[tuple[int, Shaped]] = []
    start, step = 0, _PIECE
    while start < len(texts):
        rows = min(step, len(texts) - start)
        piece = texts.slice(start, rows)
        mine = {name: values[start : start + rows] for name, values in own.items()}
        plan = _plan(key, origin, own, room)
        try:
            shaped = plan.shape(piece, mine)
        except UnplannedError:
            if rows > _SMALL:
                step = _SMALL
                continue
            shaped = _generic(piece, start, key, origin, mine, room)
        step = _PIECE
        for name, values in own.items():
            values[start : start + rows] = mine[name]
        parts.append((rows, shaped))
        start += rows
    return _merged(parts, key, room.catalog)


def _plan(key: TableKey, origin: Origin, own: Own, room: Room) -> Plan:
    recall = room.catalog.recall.setdefault((key, origin), _Recall())
    table = room.catalog.table(key)
    assert table is not None
    if recall.plan is None or recall.table is not table:
        columns = tuple(c for c in table.columns.values() if c.origin is origin)
        if recall.plan is None or recall.columns != columns:
            recall.plan = Plan(columns, origin, recall.silent, own)
            recall.columns = columns
        recall.table = table
    plan: Plan = recall.plan
    return plan


def _generic(
    piece: pa.Array, start: int, key: TableKey, origin: Origin, own: Own, room: Room
) -> Shaped:
    table = room.catalog.table(key)
    assert table is not None
    try:
        shaped = generic.shape(piece.to_pylist(), Task(table, origin, room.limits.max_columns), own)
    except UnreadableError as error:
        raise UnreadableError({start + row: why for row, why in error.rows.items()}) from None
    for change in shaped.changes:
        room.learn(change)
    recall = room.catalog.recall[key, origin]
    if not shaped.silent <= recall.silent and len(recall.silent) < _MOST_SILENT:
        recall.silent |= shaped.silent
        recall.plan = None
    return shaped


def _merged(
    parts: list[tuple[int, Shaped]], key: TableKey, catalog: Catalog
) -> tuple[dict[str, pa.Array], list[Lost]]:
    table = catalog.table(key)
    assert table is not None
    columns: dict[str, pa.Array] = {}
    for name in dict.fromkeys(name for _, shaped in parts for name in shaped.columns):
        kind = ARROW_TYPES[table.columns[name].type]
        pieces = [
            conform(shaped.columns[name], kind) if name in shaped.columns else pa.nulls(rows, kind)
            for rows, shaped in parts
        ]
        columns[name] = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)
    lost: list[Lost] = []
    start = 0
    for rows, shaped in parts:
        lost.extend(msgspec.structs.replace(item, row=item.row + start) for item in shaped.lost)
        start += rows
    return columns, lost


def conform(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """The values in a type that their column was widened to since."""
    return values if values.type == kind else values.cast(kind, safe=False)
