"""What got no place in a typed column: a few values of each kind as samples, all of them counted.

The values themselves stay in the events' JSON. A note of each would be a second copy without
bounds: a producer of ever new keys, or of one wrong type, could fill the warehouse with notes.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.loading.model import Conflict, ConflictReason, TableKey
from headwater.loading.values import json_text

SAMPLES: Final = 20
"""So many values of a place are noted one by one; all further ones share one note."""

Place = tuple[str, str, str, ConflictReason]
"""What conflicts are counted by: schema, table, column and reason."""


class Lost(msgspec.Struct, frozen=True, order=True):
    """A value of row `row` that gets no place in `column`; `value` is its JSON text.

    Where `value` is empty it stands for `count` further values, the last of them of that row.
    """

    row: int
    column: str
    value: str
    reason: ConflictReason
    count: int = 1


class Losses:
    """The losses of some rows, given in the order of the rows column by column. `group` says what
    they are counted by beside their column: the table that shows a row, where that differs."""

    def __init__(self, group: Callable[[int], str] = lambda _row: "") -> None:
        self._group = group
        self._samples: list[Lost] = []
        self._counts: dict[Place, int] = {}
        self._rest: dict[Place, Lost] = {}

    def add(self, row: int, column: str, value: Any, reason: ConflictReason) -> None:
        """Note a value."""
        place = self._place(row, column, reason)
        if self._has_room(place):
            self._samples.append(Lost(row, column, json_text(value), reason))
        else:
            self._count(place, row, 1)

    def absorb(self, losses: Iterable[Lost], start: int) -> None:
        """Take the losses of rows that are numbered from `start` here."""
        for lost in losses:
            row = lost.row + start
            place = self._place(row, lost.column, lost.reason)
            if lost.value and self._has_room(place):
                self._samples.append(msgspec.structs.replace(lost, row=row))
            else:
                self._count(place, row, lost.count)

    def found(self) -> list[Lost]:
        """All of them, by row."""
        return sorted([*self._samples, *self._rest.values()])

    def _place(self, row: int, column: str, reason: ConflictReason) -> Place:
        return place("", self._group(row), column, reason)

    def _has_room(self, where: Place) -> bool:
        count = self._counts.get(where, 0)
        self._counts[where] = count + 1
        return count < SAMPLES

    def _count(self, where: Place, row: int, count: int) -> None:
        held = self._rest.get(where)
        if held is not None:
            row, count = max(row, held.row), count + held.count
        self._rest[where] = Lost(row, where[2], "", where[3], count)


class Noted:
    """The conflicts of a load."""

    def __init__(self) -> None:
        self._samples: list[Conflict] = []
        self._counts: dict[Place, int] = {}
        self._rest: dict[Place, Conflict] = {}

    def add(self, key: TableKey, lost: Lost, ids: pa.Array, times: pa.Array) -> None:
        """Note a loss in a table. `ids` and `times` are those of the rows that it is from."""
        where = place(key.schema, key.table, lost.column, lost.reason)
        received_at: int = times[lost.row].value
        count = self._counts.get(where, 0)
        if not lost.value or count >= SAMPLES:
            held = self._rest.get(where)
            self._rest[where] = further(where, lost.count, received_at, held)
            return
        self._counts[where] = count + 1
        self._samples.append(
            Conflict(
                schema=key.schema,
                table=key.table,
                column=lost.column,
                row_id=ids[lost.row].as_py(),
                value=lost.value,
                received_at=received_at,
                reason=lost.reason,
            )
        )

    def conflicts(self) -> list[Conflict]:
        """The samples of each place, and one note for all further values of it."""
        return [*self._samples, *self._rest.values()]


def place(schema: str, table: str, column: str, reason: ConflictReason) -> Place:
    """Where a conflict is counted: over a limit of names by what has the limit, for of the names
    there is no end."""
    if reason is ConflictReason.COLUMN_LIMIT:
        return schema, table, "", reason
    if reason is ConflictReason.TABLE_LIMIT:
        return schema, "", "", reason
    return schema, table, column, reason


def further(where: Place, count: int, received_at: int, held: Conflict | None) -> Conflict:
    """The note that stands for `count` more values of a place than `held` did."""
    if held is not None:
        count, received_at = count + held.count, max(received_at, held.received_at)
    schema, table, column, reason = where
    return Conflict(schema, table, column, None, None, received_at, reason, count)
