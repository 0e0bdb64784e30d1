"""From JSON texts to columns: the plan where it fits, the generic way where it does not, and the
catalogue learns in between. The result is the same as the generic way's alone.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.loading import generic
from headwater.loading.losses import Losses, Lost
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
from headwater.loading.shaped import Own, Shaped, Silent, Task, UnreadableError

_PIECE: Final = 1000
"""Rows that a plan takes at once: what it decodes stays in the processor's cache (measured: 3.0
microseconds an event, and 5.0 in pieces of 20,000)."""

_SMALL: Final = 256
"""Rows that the generic way takes at once where a plan gave up: then the plan is tried again."""

_MOST_SILENT: Final = 2000
"""The most paths without a value that are remembered for one table."""

Learn = Callable[[AddColumn | AlterColumn | WidenColumn], None]
Group = Callable[[int], str]


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
    texts: pa.Array,
    key: TableKey,
    origin: Origin,
    own: Own,
    room: Room,
    group: Group = lambda _row: "",
) -> tuple[dict[str, pa.Array], list[Lost]]:
    """The columns of JSON objects (row by row) of a table that the catalogue knows, and what was
    lost (`group` as in Losses). What is learned goes to the catalogue at once, by `room.learn`.

    Columns that are null in all rows may be missing. Raises UnreadableError.
    """
    parts: list[tuple[int, Shaped]] = []
    start, step = 0, _PIECE
    while start < len(texts):
        rows = min(step, len(texts) - start)
        piece = texts.slice(start, rows)
        mine = {name: values[start : start + rows] for name, values in own.items()}
        losses = Losses(partial(_shifted, group, start))
        try:
            shaped = _plan(key, origin, own, room).shape(piece, mine, losses)
        except UnplannedError:
            if rows > _SMALL:
                step = _SMALL
                continue
            losses = Losses(partial(_shifted, group, start))
            shaped = _generic(piece, start, key, origin, mine, room, losses)
        step = _PIECE
        for name, values in own.items():
            values[start : start + rows] = mine[name]
        parts.append((rows, shaped))
        start += rows
    lost = Losses(group)
    start = 0
    for rows, shaped in parts:
        lost.absorb(shaped.lost, start)
        start += rows
    return _columns(parts, key, room.catalog), lost.found()


def _shifted(group: Group, start: int, row: int) -> str:
    return group(start + row)


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
    piece: pa.Array,
    start: int,
    key: TableKey,
    origin: Origin,
    own: Own,
    room: Room,
    losses: Losses,
) -> Shaped:
    table = room.catalog.table(key)
    assert table is not None
    try:
        task = Task(table, origin, room.limits.max_columns)
        shaped = generic.shape(piece.to_pylist(), task, own, losses)
    except UnreadableError as error:
        raise UnreadableError({start + row: why for row, why in error.rows.items()}) from None
    for change in shaped.changes:
        room.learn(change)
    recall = room.catalog.recall[key, origin]
    if not shaped.silent <= recall.silent and len(recall.silent) < _MOST_SILENT:
        recall.silent |= shaped.silent
        recall.plan = None
    return shaped


def _columns(
    parts: list[tuple[int, Shaped]], key: TableKey, catalog: Catalog
) -> dict[str, pa.Array]:
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
    return columns


def conform(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """The values in a type that their column was widened to since."""
    return values if values.type == kind else values.cast(kind, safe=False)
