"""The archive as it is written: collected requests into files, small files into larger ones.

The log is the only buffer: what was collected since the last time is read, written and noted in the
catalogue with how far the log was read, in one transaction. A file that the catalogue does not know
does not belong to the archive, so each request is in it once, whatever is cut off when.
"""

import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from headwater.access.changes import Changes
from headwater.archive import rows, store
from headwater.archive.files import Files
from headwater.archive.merging import due
from headwater.archive.model import CONSUMER, MICROSECONDS_PER_DAY, ArchiveFile
from headwater.archive.requests import is_again, place_of
from headwater.errors import ArchiveError
from headwater.kit.clock import Clock, to_datetime
from headwater.kit.logging import logger
from headwater.kit.service import run_forever
from headwater.ports import Log, Positions, Stored, Stream

READ_BYTES: Final = 8_000_000
_READ_RECORDS: Final = 20_000
_MUCH: Final = 200
"""Requests left behind that are read at once; fewer may gather."""

_KEPT_SECONDS: Final = 3_600
"""How long a file stays that others have replaced: somebody may be reading it."""
_NICENESS: Final = 10
_Home = tuple[str, int, str]
_log = logger("archive")


class Archiver:
    """Writes the archive. For one thread; the only one that does."""

    name = "archive"

    def __init__(
        self,
        log: Log,
        changes: Changes,
        files: Files,
        clock: Clock,
        *,
        days: float = 0,
        room: tuple[Path, int] | None = None,
    ) -> None:
        """`days` is how long requests stay; 0 keeps them. `room` is a folder, and how many bytes
        have to be free where it lies."""
        self._log = log
        self._changes = changes
        self._files = files
        self._clock = clock
        self._days = days
        self._room = room

    def run_once(self) -> int:
        """Archive the next requests. Returns how many, where there are likely more at once.

        Raises LogError and ArchiveError.
        """
        self._require_room()
        with self._changes.reading() as connection:
            reached = store.positions(connection)
        found = self._log.read(
            Stream.COLLECTED, reached, max_bytes=READ_BYTES, max_records=_READ_RECORDS
        )
        if found:
            for each in found:
                reached[each.partition] = each.position
            made = list(self._written(found))
            with self._changes.noting() as connection:
                store.add(connection, made, reached)
        self._log.acknowledge(CONSUMER, Stream.COLLECTED, reached)
        return len(found) if self._is_much_left(reached) else self._tidy()

    def _is_much_left(self, reached: Positions) -> bool:
        ends = self._log.ends(Stream.COLLECTED)
        return sum(end - reached.get(name, 0) for name, end in ends.items()) > _MUCH

    def _written(self, found: Iterable[Stored]) -> Iterator[ArchiveFile]:
        homes: dict[_Home, list[Stored]] = {}
        for each in found:
            if not is_again(each):
                day = each.record.received_at // MICROSECONDS_PER_DAY
                homes.setdefault((each.record.source_id, day, each.partition), []).append(each)
        for home, requests in homes.items():
            requests.sort(key=place_of)
            yield self._file(home, rows.table(requests))
        pa.default_memory_pool().release_unused()

    def _file(self, home: _Home, table: pa.Table) -> ArchiveFile:
        source_id, day, partition = home
        positions = pa.compute.min_max(table["position"]).as_py()
        times = table["received_at"].cast(pa.int64())
        path = (
            f"source={source_id}/day={to_datetime(day * MICROSECONDS_PER_DAY):%Y-%m-%d}/"
            f"{partition}-{positions['min']:012d}-{positions['max']:012d}.parquet"
        )
        size = self._files.write(path, rows.grouped(table))
        return ArchiveFile(
            path=path,
            source_id=source_id,
            day=day,
            partition=partition,
            first_position=positions["min"],
            last_position=positions["max"],
            first_at=times[0].as_py(),
            last_at=times[-1].as_py(),
            requests=table.num_rows,
            events=pa.compute.sum(table["events"]).as_py(),
            received_bytes=pa.compute.sum(pa.compute.binary_length(table["body"])).as_py(),
            bytes=size,
        )

    def _tidy(self) -> int:
        """Merge some small files; take out what is past its time; delete what nobody reads."""
        now = self._clock.now()
        with self._changes.reading() as connection:
            group = due(connection, now // MICROSECONDS_PER_DAY)
            old = store.past(connection, now - int(self._days * MICROSECONDS_PER_DAY))
            unread = store.removed(connection, now - _KEPT_SECONDS * 1_000_000)
        if self._days and old:
            with self._changes.noting() as connection:
                store.remove(connection, old, now)
        for path in unread:
            self._files.delete(path)
        if unread:
            with self._changes.noting() as connection:
                store.forget(connection, unread)
        if not group:
            return 0
        self._merge(group, now)
        return len(group)

    def _merge(self, group: Sequence[ArchiveFile], now: int) -> None:
        first = group[0]
        held = [table for each in group for table in self._files.groups(each.path)]
        table = pa.concat_tables(held).sort_by(
            [("received_at", "ascending"), ("position", "ascending")]
        )
        merged = self._file((first.source_id, first.day, first.partition), table)
        with self._changes.noting() as connection:
            store.replace(connection, [merged], [each.path for each in group], now)
        del held, table
        pa.default_memory_pool().release_unused()

    def _require_room(self) -> None:
        if self._room is None:
            return
        folder, least = self._room
        free = shutil.disk_usage(folder).free
        if free < least:
            raise ArchiveError(
                f"The archive waits: {free:,} bytes are free at {folder}, of {least:,} needed.",
                hint="Make room. The log keeps what is not archived.",
            )


class Archiving:
    """An archiver on a thread of its own, which steps back for everybody else."""

    def __init__(self, archiver: Archiver, *, seconds: float) -> None:
        """Archive what has gathered every so many seconds."""
        self._archiver = archiver
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is under way; the log keeps the rest."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        if hasattr(os, "setpriority"):
            # On Linux this is a thread's own.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        run_forever(self._archiver, self._stop, idle_seconds=self._seconds)
