"""The durable log of one machine, as headwater.ports.Log promises it."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from headwater.errors import LogError
from headwater.logs.sqlite import segment
from headwater.logs.sqlite.acknowledgements import Acknowledgements
from headwater.logs.sqlite.disk import Watermark
from headwater.logs.sqlite.reader import PartitionReader
from headwater.logs.sqlite.retention import retain
from headwater.logs.sqlite.writer import SqliteWriter
from headwater.ports import (
    OWNERS,
    LogSnapshot,
    Owner,
    Positions,
    Retention,
    Stored,
    Stream,
    Tally,
    add_tallies,
)

_SHARE_OF_RESERVE: Final = {Owner.COLLECTOR: 1.0, Owner.PIPELINE: 0.25}
"""The pipeline goes on when the collector already refuses, so that the backlog can shrink."""


class SqliteLog:
    """The log below `directory`. `consumers` hold back retention before they ever read."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = 268_435_456,
        disk_reserve_bytes: int = 0,
        consumers: Mapping[Stream, Sequence[str]] | None = None,
    ) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._reserve = disk_reserve_bytes
        self._consumers = consumers or {}
        self._acknowledgements = Acknowledgements(directory / "acknowledged")
        self._readers: dict[Path, PartitionReader] = {}
        self._turn = 0
        self._lock = threading.Lock()

    def writer(self, owner: Owner, partition: str = "0") -> SqliteWriter:
        """Open the writer of a partition. Raises LogError when another process holds it."""
        folder = self._directory / owner.value / partition
        folder.mkdir(parents=True, exist_ok=True)
        reserve = int(self._reserve * _SHARE_OF_RESERVE[owner])
        return SqliteWriter(
            folder,
            owner,
            segment_bytes=self._segment_bytes,
            watermark=Watermark(folder, reserve),
        )

    def read(
        self, stream: Stream, after: Positions, *, max_bytes: int, max_records: int = 100_000
    ) -> Sequence[Stored]:
        """The next records of all partitions; each gets its share of the bounds, in turns."""
        with self._lock:
            readers = self._readers_of(OWNERS[stream])
            first = self._turn % max(1, len(readers))
            self._turn += 1
            found: list[Stored] = []
            size = 0
            in_turn = readers[first:] + readers[:first]
            for left, reader in zip(range(len(in_turn), 0, -1), in_turn, strict=True):
                share, count = (max_bytes - size) // left, (max_records - len(found)) // left
                if found and (share <= 0 or count <= 0):
                    break
                more = reader.read(stream, after.get(reader.name, 0), share, count)
                size_of_more = sum(len(stored.record.body) for stored in more)
                if found and size + size_of_more > max_bytes:
                    continue  # a single record that is larger than the share
                found += more
                size += size_of_more
            return found

    def ends(self, stream: Stream) -> Positions:
        with self._lock:
            return {reader.name: reader.end(stream) for reader in self._readers_of(OWNERS[stream])}

    def acknowledge(self, consumer: str, stream: Stream, positions: Positions) -> None:
        with self._lock:
            self._acknowledgements.advance(consumer, stream, positions)

    def acknowledged(self, consumer: str, stream: Stream) -> Positions:
        with self._lock:
            return self._acknowledgements.of(consumer, stream)

    def dismiss(self, consumer: str) -> None:
        with self._lock:
            self._acknowledgements.forget(consumer)

    def snapshot(self, owner: Owner, stream: Stream, after: Positions) -> LogSnapshot:
        with self._lock:
            parts = [
                reader.snapshot(stream, after.get(reader.name, 0))
                for reader in self._readers_of(owner)
            ]
        tallies: list[Tally] = []
        waiting: list[Tally] = []
        consumed: dict[Stream, dict[str, int]] = {}
        for part in parts:
            tallies += part.tallies
            waiting += part.waiting
            for read, positions in part.consumed.items():
                consumed.setdefault(read, {}).update(positions)
        return LogSnapshot(add_tallies(tallies), consumed, add_tallies(waiting))

    def retain(self, retention: Retention, *, now: int) -> int:
        """Remove what is past retention, in all partitions of all owners. Raises LogError."""
        partitions = [(owner, folder) for owner in Owner for folder in self._folders_of(owner)]
        try:
            return retain(
                self._directory, partitions, retention, now=now, read_up_to=self._read_by_all
            )
        except (sqlite3.Error, OSError) as error:
            raise LogError(
                f"What is past retention in {self._directory} cannot be removed: {error}.",
                hint="Nothing is lost; it is tried again. `headwater doctor` checks the files.",
            ) from error

    def _read_by_all(self, stream: Stream, partition: str) -> int:
        with self._lock:
            names = self._acknowledgements.consumers(stream) | set(self._consumers.get(stream, ()))
            positions = [
                self._acknowledgements.of(name, stream).get(partition, 0) for name in names
            ]
        return min(positions, default=0)

    def size(self) -> int:
        return sum(
            segment.bytes_of(segment.path_of(folder, number))
            for owner in Owner
            for folder in self._folders_of(owner)
            for number in segment.numbers_in(folder)
        )

    def close(self) -> None:
        with self._lock:
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()

    def _folders_of(self, owner: Owner) -> list[Path]:
        folder = self._directory / owner.value
        return sorted(path for path in folder.glob("*") if path.is_dir())

    def _readers_of(self, owner: Owner) -> list[PartitionReader]:
        return [
            self._readers.setdefault(folder, PartitionReader(folder))
            for folder in self._folders_of(owner)
        ]
