"""The writer of a partition: appends whole entries, each in one synced transaction."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from headwater.errors import HeadwaterError, LogError
from headwater.logs.sqlite import segment
from headwater.logs.sqlite.disk import Watermark, exhausted, says_full
from headwater.logs.sqlite.reader import PartitionReader
from headwater.ports import Entry, Owner, Positions, Record, Stream, Tally

_CHECKPOINT_BYTES: Final = 33_554_432
_ROW_BYTES: Final = 64
_MOST_ROWS: Final = 64
"""Of one statement; a power of two, so that few statements serve groups of any size."""


class SqliteWriter:
    """Writes the segments of one partition; holds its lock until closed or until its process ends.

    Raises LogError when another process holds the partition.
    """

    def __init__(
        self, folder: Path, owner: Owner, *, segment_bytes: int, watermark: Watermark
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._owner = owner
        self._segment_bytes = segment_bytes
        self._watermark = watermark
        self._lock = _lock(folder)
        try:
            self._number = self._newest()
            self._connection = segment.open_to_write(self._path)
            segment.complete(self._connection, owner)
            self._recover()
        except sqlite3.Error as error:
            os.close(self._lock)
            raise self._failed(error) from error
        except HeadwaterError:
            os.close(self._lock)
            raise
        self._checkpoints = _Checkpoints(self._path)

    @property
    def _path(self) -> Path:
        return segment.path_of(self._folder, self._number)

    def _newest(self) -> int:
        """The number of the segment to go on with; makes the first one."""
        numbers = segment.numbers_in(self._folder)
        if numbers:
            return numbers[-1]
        starts = dict.fromkeys(segment.streams_of(self._owner), 0)
        segment.create(segment.path_of(self._folder, 1), self._owner, starts, (), 0)
        return 1

    def _recover(self) -> None:
        """Read from the newest segment what the writer keeps in mind."""
        run = self._connection.execute
        self._starts = {Stream(name): at for name, at in run("SELECT stream, position FROM starts")}
        self._ends = dict(self._starts)
        for stream in self._ends:
            [(last,)] = run(f"SELECT max(position) FROM {segment.table_of(stream)}")
            self._ends[stream] = last or self._ends[stream]
        self._consumed: dict[Stream, dict[str, int]] = {}
        for stream, partition, at in run("SELECT stream, partition, position FROM consumed"):
            self._consumed.setdefault(Stream(stream), {})[partition] = at
        [(self._forgotten,)] = run("SELECT number FROM forgotten")
        self._next_mark = 1 + max(
            (number for number, _ in self._marks_after(self._forgotten)), default=self._forgotten
        )
        self._bytes = segment.bytes_of(self._path)

    def append(self, entry: Entry) -> Mapping[Stream, int]:
        """Append and sync; see headwater.ports.LogWriter."""
        self._watermark.check()
        try:
            if self._bytes >= self._segment_bytes and self._ends != self._starts:
                self._roll()
            last, size = self._insert(entry)
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error) from error
        self._bytes += size
        self._checkpoints.appended(size)
        return last

    def _insert(self, entry: Entry) -> tuple[Mapping[Stream, int], int]:
        connection = self._connection
        size, last = len(entry.marks), dict[Stream, int]()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for stream, records in entry.records.items():
                if records:
                    _insert_records(connection, stream, records, self._ends[stream])
                    size += sum(len(r.body) + len(r.meta) + _ROW_BYTES for r in records)
                    last[stream] = self._ends[stream] + len(records)
            connection.executemany(segment.ADD_TALLY, _tally_rows(entry.tallies))
            for stream, positions in entry.consumed.items():
                rows_ = [(stream.value, partition, at) for partition, at in positions.items()]
                connection.executemany(segment.SET_CONSUMED, rows_)
            if entry.marks:
                connection.execute(
                    "INSERT INTO marks VALUES (?, ?)", (self._next_mark, entry.marks)
                )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._ends.update(last)
        for stream, positions in entry.consumed.items():
            self._consumed.setdefault(stream, {}).update(positions)
        self._next_mark += bool(entry.marks)
        return last, size

    def _roll(self) -> None:
        """Go on in a new segment. The old one is checkpointed whole on the checkpoints' thread."""
        following = segment.path_of(self._folder, self._number + 1)
        if not following.exists():  # it does when an attempt before this one failed after it
            consumed = [
                (stream.value, partition, at)
                for stream, positions in self._consumed.items()
                for partition, at in positions.items()
            ]
            segment.create(following, self._owner, self._ends, consumed, self._forgotten)
        connection = segment.open_to_write(following)
        old, self._connection = self._connection, connection
        self._checkpoints.close_segment(old, following)
        self._number += 1
        self._starts = dict(self._ends)
        self._bytes = segment.bytes_of(following)

    def consumed(self, stream: Stream) -> Positions:
        return dict(self._consumed.get(stream, {}))

    def marks(self) -> Iterator[tuple[int, bytes]]:
        for number in segment.numbers_in(self._folder):
            if number == self._number:
                yield from self._marks_after(self._forgotten)
                continue
            try:
                connection = segment.open_to_read(segment.path_of(self._folder, number))
            except FileNotFoundError:
                continue  # retention removes a segment when its marks are forgotten
            try:
                yield from _marks(connection, self._forgotten)
            finally:
                connection.close()

    def _marks_after(self, forgotten: int) -> Iterator[tuple[int, bytes]]:
        return _marks(self._connection, forgotten)

    def forget_marks(self, up_to: int) -> None:
        try:
            self._connection.execute(segment.SET_FORGOTTEN, (max(up_to, self._forgotten),))
        except sqlite3.Error as error:
            raise self._failed(error) from error
        self._forgotten = max(up_to, self._forgotten)

    def tallies(self) -> Sequence[Tally]:
        reader = PartitionReader(self._folder)
        try:
            return reader.tallies()
        finally:
            reader.close()

    def close(self) -> None:
        """Checkpoint, close and give the partition back."""
        self._checkpoints.stop()
        self._connection.close()
        os.close(self._lock)

    def _failed(self, error: Exception) -> LogError:
        if says_full(error) or self._watermark.is_exhausted():
            return exhausted(self._folder)
        return LogError(
            f"The log of the {self._owner} cannot be written: {error}.",
            hint=f"Look at the disk that holds {self._folder}.",
        )


class _Checkpoints:
    """Copies the write-ahead log into its segment on a thread, so that no append waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._appended = 0
        self._closing: list[sqlite3.Connection] = []
        self._due = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def appended(self, size: int) -> None:
        self._appended += size
        if self._appended >= _CHECKPOINT_BYTES:
            self._appended = 0
            self._due.set()

    def close_segment(self, connection: sqlite3.Connection, following: Path) -> None:
        """Have a segment that is done with checkpointed whole, and its connection closed."""
        self._closing.append(connection)
        self._path = following
        self._due.set()

    def stop(self) -> None:
        self._is_over = True
        self._due.set()
        self._thread.join()
        self._close_segments()

    def _run(self) -> None:
        while not self._is_over:
            self._due.wait()
            self._due.clear()
            self._close_segments()
            if not self._is_over:
                self._checkpoint()

    def _close_segments(self) -> None:
        while self._closing:
            connection = self._closing.pop(0)
            try:
                # While others have it open, closing alone would leave the write-ahead file.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error:
                pass  # a full disk: the write-ahead file stays, and is as good
            finally:
                connection.close()

    def _checkpoint(self) -> None:
        try:
            connection = segment.open_to_checkpoint(self._path)
        except sqlite3.Error:
            return  # the append that meets the same fault reports it
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error:
            return  # a full disk: the log stays in the write-ahead file until there is room
        finally:
            connection.close()


def _lock(folder: Path) -> int:
    """Hold a partition for this process; the kernel gives it back when the process ends."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise LogError(
            f"Another process writes to {folder}.",
            hint="Stop the other Headwater that uses this data folder.",
        ) from None
    return descriptor


def _insert_records(
    connection: sqlite3.Connection, stream: Stream, records: Sequence[Record], end: int
) -> None:
    """Insert records after the position `end`, many a statement.

    Each statement lets other threads have the interpreter and must wait for it again: row by row,
    a group of a busy collector waits longer for that than for the disk.
    """
    done, most = 0, _MOST_ROWS
    while done < len(records):
        while most > len(records) - done:
            most //= 2
        values: list[object] = []
        for position, r in enumerate(records[done : done + most], end + done + 1):
            values += (position, r.source_id, r.received_at, r.count, r.meta, r.body)
        connection.execute(_insert_rows(stream, most), values)
        done += most


@cache
def _insert_rows(stream: Stream, count: int) -> str:
    rows = ", ".join(["(?, ?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO {segment.table_of(stream)} VALUES {rows}"


def _tally_rows(tallies: Sequence[Tally]) -> Iterator[tuple[object, ...]]:
    for tally in tallies:
        yield tally.source_id, tally.hour, tally.outcome.value, tally.reason, tally.count


def _marks(connection: sqlite3.Connection, after: int) -> Iterator[tuple[int, bytes]]:
    return connection.execute(
        "SELECT number, body FROM marks WHERE number > ? ORDER BY number", (after,)
    )
