"""Reading a partition from any process: its segments one after the other."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

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


class PartitionReader:
    """Reads one partition. Keeps connections open; not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self._open: dict[int, sqlite3.Connection] = {}
        self._starts: dict[int, dict[Stream, int]] = {}

    def read(self, stream: Stream, after: int, max_bytes: int, max_records: int) -> list[Stored]:
        """The records after a position, at least one where there is any."""
        found: list[Stored] = []
        size = 0
        numbers = self._numbers()
        if not numbers:
            return found
        at = self._segment_after(stream, after, numbers)
        for number, following in zip(numbers[at:], [*numbers[at + 1 :], None], strict=True):
            for stored in self._rows(number, stream, after):
                size += len(stored.record.body)
                if found and (size > max_bytes or len(found) >= max_records):
                    return found
                found.append(stored)
                after = stored.position
            if following is not None and self._starts_of(following)[stream] > after:
                # More was appended to this segment after it was read and before it was closed.
                return found or self.read(stream, after, max_bytes, max_records)
        return found

    def snapshot(self, stream: Stream, after: int) -> LogSnapshot:
        """Tallies, consumed positions and what waits, all of one moment."""
        while True:
            try:
                return self._snapshot(stream, after)
            except FileNotFoundError:
                continue  # retention removed a segment meanwhile: its tallies are in the base now

    def _snapshot(self, stream: Stream, after: int) -> LogSnapshot:
        folded, tallies = base.read(self._folder)
        numbers = self._numbers()
        if not numbers:
            return LogSnapshot(tallies, {}, [])
        newest = self._connection(numbers[-1])
        newest.execute("BEGIN")
        try:
            tallies = tallies + segment.tallies_in(newest)
            waiting = _waiting(newest, stream, after)
            consumed: dict[Stream, dict[str, int]] = {}
            for name, partition, position in newest.execute("SELECT * FROM consumed"):
                consumed.setdefault(Stream(name), {})[partition] = position
        finally:
            newest.execute("COMMIT")
        for number in numbers[:-1]:
            if number in folded:
                continue
            connection = self._connection(number)
            tallies += segment.tallies_in(connection)
            if self._starts_of(number + 1)[stream] > after:
                waiting += _waiting(connection, stream, after)
        return LogSnapshot(add_tallies(tallies), consumed, add_tallies(waiting))

    def _numbers(self) -> list[int]:
        numbers = segment.numbers_in(self._folder)
        for gone in self._open.keys() - set(numbers):
            self._open.pop(gone).close()
            self._starts.pop(gone, None)
        return numbers

    def _segment_after(self, stream: Stream, after: int, numbers: Sequence[int]) -> int:
        """The index of the segment that holds the position after `after`."""
        index = len(numbers) - 1
        while index > 0 and self._starts_of(numbers[index])[stream] > after:
            index -= 1
        return max(index, 0)

    def _starts_of(self, number: int) -> dict[Stream, int]:
        if number not in self._starts:
            rows = self._connection(number).execute("SELECT stream, position FROM starts")
            self._starts[number] = {Stream(stream): position for stream, position in rows}
        return self._starts[number]

    def _rows(self, number: int, stream: Stream, after: int) -> "_Rows":
        return _Rows(self._connection(number), self.name, stream, after)

    def _connection(self, number: int) -> sqlite3.Connection:
        if number not in self._open:
            path = segment.path_of(self._folder, number)
            self._open[number] = segment.open_to_read(path)
        return self._open[number]

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
    outcome = Outcome.ACCEPTED if stream is Stream.COLLECTED else Outcome.PASSED
    rows = connection.execute(
        f"SELECT source_id, received_at / {MICROSECONDS_PER_HOUR} AS hour, sum(count)"
        f" FROM {segment.table_of(stream)} WHERE position > ? GROUP BY source_id, hour",
        (after,),
    )
    return [Tally(source_id, hour, outcome, "", count) for source_id, hour, count in rows]
