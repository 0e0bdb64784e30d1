"""Reading a partition from any process: its segments one after the other."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

from headwater.errors import LogError
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.logs.sqlite import base, segment
from headwater.ports import (
    LogSnapshot,
    Outcome,
    Record,
    Stored,
    Stream,
    Tally,
    add_tallies,
)

T = TypeVar("T")

_MOST_OPEN: Final = 4
_MOST_TRIES: Final = 100


class PartitionReader:
    """Reads one partition. Keeps connections open; not for several threads at once.

    A segment that another follows never changes: what is small of it is kept in mind.
    """

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self._open: dict[int, sqlite3.Connection] = {}
        self._starts: dict[int, dict[Stream, int]] = {}
        self._tallies: dict[int, list[Tally]] = {}

    def read(self, stream: Stream, after: int, max_bytes: int, max_records: int) -> list[Stored]:
        """The records after a position, at least one where there is any.

        Raises LogError where a segment between others is missing.
        """
        return self._steadily(lambda: self._read(stream, after, max_bytes, max_records))

    def end(self, stream: Stream) -> int:
        """The position of the last record; 0 where there never was any."""
        return self._steadily(lambda: self._end(stream))

    def snapshot(self, stream: Stream, after: int) -> LogSnapshot:
        """Tallies, consumed positions and what waits, all of one moment."""
        return self._steadily(lambda: self._snapshot(stream, after))

    def tallies(self) -> list[Tally]:
        """The sums of all tallies, also of removed segments."""
        return self._steadily(lambda: add_tallies(self._summed()[0]))

    def _steadily(self, look: Callable[[], T]) -> T:
        """What `look` sees, once no segment is removed under it. Raises LogError."""
        for _ in range(_MOST_TRIES):
            try:
                return look()
            except FileNotFoundError:
                continue
            except sqlite3.Error as error:
                raise LogError(
                    f"The log in {self._folder} cannot be read: {error}.",
                    hint="`headwater doctor` says which file is damaged.",
                ) from error
        raise LogError(f"The segments in {self._folder} keep disappearing while they are read.")

    def _read(self, stream: Stream, after: int, max_bytes: int, max_records: int) -> list[Stored]:
        found: list[Stored] = []
        size = 0
        numbers = self._numbers()
        at = self._segment_after(stream, after, numbers)
        for index, number in enumerate(numbers[at:]):
            start = self._starts_of(number).get(stream, 0)
            if index and start != after:
                raise LogError(
                    f"The log lacks the {stream} records from {after + 1:,} to {start:,}.",
                    hint=f"A file is missing in {self._folder}: `headwater doctor` says which.",
                )
            after = max(after, start)
            for stored in self._rows(number, stream, after):
                size += len(stored.record.body)
                if found and (size > max_bytes or len(found) >= max_records):
                    return found
                found.append(stored)
                after = stored.position
        return found

    def _end(self, stream: Stream) -> int:
        numbers = self._numbers()
        if not numbers:
            return 0
        newest = self._connection(numbers[-1])
        if not segment.has(newest, stream):
            return 0
        [(last,)] = newest.execute(f"SELECT max(position) FROM {segment.table_of(stream)}")
        return last or self._starts_of(numbers[-1]).get(stream, 0)

    def _snapshot(self, stream: Stream, after: int) -> LogSnapshot:
        waiting: list[Tally] = []
        consumed: dict[Stream, dict[str, int]] = {}

        def look(newest: sqlite3.Connection) -> None:
            waiting.extend(_waiting(newest, stream, after))
            for name, partition, position in newest.execute("SELECT * FROM consumed"):
                consumed.setdefault(Stream(name), {})[partition] = position

        tallies, numbers = self._summed(look)
        for number, following in pairwise(numbers):
            if self._starts_of(following).get(stream, 0) > after:
                waiting += _waiting(self._connection(number), stream, after)
        return LogSnapshot(add_tallies(tallies), consumed, add_tallies(waiting))

    def _summed(
        self, look: Callable[[sqlite3.Connection], None] = lambda _: None
    ) -> tuple[list[Tally], list[int]]:
        """All tallies, and the segments that are not folded.

        `look` sees the newest segment in the transaction that its tallies are read in. The folder
        is listed before the base is read: a segment removed in between is then counted by the base
        alone. In the other order it would be counted by neither.
        """
        numbers = self._numbers()
        folded, tallies = base.read(self._folder)
        if not numbers:
            return tallies, []
        if numbers[-1] in folded:
            raise FileNotFoundError(self._folder)  # rolled and removed since the folder was listed
        newest = self._connection(numbers[-1])
        newest.execute("BEGIN")
        try:
            tallies = tallies + segment.tallies_in(newest)
            look(newest)
        finally:
            newest.execute("COMMIT")
        live = [number for number in numbers if number not in folded]
        for number in live[:-1]:
            tallies += self._tallies_of(number)
        return tallies, live

    def _numbers(self) -> list[int]:
        numbers = segment.numbers_in(self._folder)
        for gone in self._open.keys() - set(numbers):
            self._open.pop(gone).close()
        for gone in self._starts.keys() - set(numbers):
            del self._starts[gone]
        for gone in self._tallies.keys() - set(numbers):
            del self._tallies[gone]
        return numbers

    def _segment_after(self, stream: Stream, after: int, numbers: Sequence[int]) -> int:
        """The index of the segment that holds the position after `after`."""
        index = len(numbers) - 1
        while index > 0 and self._starts_of(numbers[index]).get(stream, 0) > after:
            index -= 1
        return max(index, 0)

    def _starts_of(self, number: int) -> dict[Stream, int]:
        """The last position of each stream before a segment; of none that is newer than it."""
        if number not in self._starts:
            rows = self._connection(number).execute("SELECT stream, position FROM starts")
            self._starts[number] = {Stream(stream): position for stream, position in rows}
        return self._starts[number]

    def _tallies_of(self, number: int) -> list[Tally]:
        """The tallies of a segment that another follows."""
        if number not in self._tallies:
            self._tallies[number] = segment.tallies_in(self._connection(number))
        return self._tallies[number]

    def _rows(self, number: int, stream: Stream, after: int) -> "Iterable[Stored]":
        connection = self._connection(number)
        if not segment.has(connection, stream):
            return ()
        return _Rows(connection, self.name, stream, after)

    def _connection(self, number: int) -> sqlite3.Connection:
        connection = self._open.pop(number, None)
        if connection is None:
            connection = segment.open_to_read(segment.path_of(self._folder, number))
        self._open[number] = connection  # the last used stands last
        while len(self._open) > _MOST_OPEN:
            self._open.pop(next(iter(self._open))).close()
        return connection

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()
        self._open.clear()


class _Rows:
    """The records of one segment after a position, fetched as they are asked for."""

    def __init__(
        self, connection: sqlite3.Connection, partition: str, stream: Stream, after: int
    ) -> None:
        self._partition = partition
        self._cursor = connection.execute(
            "SELECT position, source_id, received_at, count, body, meta"
            f" FROM {segment.table_of(stream)} WHERE position > ? ORDER BY position",
            (after,),
        )

    def __iter__(self) -> "_Rows":
        return self

    def __next__(self) -> Stored:
        row = self._cursor.fetchone()
        if row is None:
            raise StopIteration
        position, source_id, received_at, count, body, meta = row
        return Stored(self._partition, position, Record(source_id, received_at, count, body, meta))


def _waiting(connection: sqlite3.Connection, stream: Stream, after: int) -> list[Tally]:
    if not segment.has(connection, stream):
        return []
    outcome = Outcome.ACCEPTED if stream is Stream.COLLECTED else Outcome.PASSED
    rows = connection.execute(
        f"SELECT source_id, received_at / {MICROSECONDS_PER_HOUR} AS hour, sum(count)"
        f" FROM {segment.table_of(stream)} WHERE position > ? GROUP BY source_id, hour",
        (after,),
    )
    return [Tally(source_id, hour, outcome, "", count) for source_id, hour, count in rows]
