"""The archive as it is read: its catalogue says which files, and which of their rows count."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial

import pyarrow.parquet as pq

from headwater.access.changes import Changes
from headwater.archive import rows, store
from headwater.archive.files import Files
from headwater.archive.model import ArchiveFile, ArchiveSize
from headwater.archive.requests import Place, place_of
from headwater.kit.clock import EPOCH, to_microseconds
from headwater.ports import Positions, Stored

_Head = tuple[Place, int, Iterator[Stored], Stored | None]


class Archive:
    """Reads the archive. For any thread; blocking."""

    def __init__(self, changes: Changes, files: Files) -> None:
        self._changes = changes
        self._files = files

    def size(self, source_ids: Collection[str] | None = None) -> ArchiveSize:
        """How much it holds of these sources (None: of all)."""
        with self._changes.reading() as connection:
            return store.size(connection, source_ids)

    def archived_until(self, source_ids: Collection[str]) -> int | None:
        return self.size(source_ids).last_at

    def between(
        self, source_ids: Collection[str], since: int, until: int
    ) -> tuple[Positions, Iterator[Stored]]:
        """Up to where each partition is archived, and what is, in the order of its receipt.

        A file is opened when its first request is due, so that few are open at once. Reading
        raises ArchiveError.
        """
        with self._changes.reading() as connection:
            found = store.files(connection, source_ids, since, until)
            positions = store.positions(connection)
        return positions, _merged(found, partial(self._read, since, until))

    def _read(self, since: int, until: int, file: ArchiveFile) -> Iterator[Stored]:
        def is_due(group: pq.RowGroupMetaData) -> bool:
            first, last = _span(group)
            return last >= since and first < until

        for group in self._files.groups(file.path, is_due):
            for stored in rows.stored(group):
                if since <= stored.record.received_at < until:
                    yield stored


def _merged(files: Sequence[ArchiveFile], read: "partial[Iterator[Stored]]") -> Iterator[Stored]:
    """The requests of files in their order; the files stand by their first requests."""
    heap: list[_Head] = [
        (Place(file.first_at), number, read(file), None) for number, file in enumerate(files)
    ]
    heapq.heapify(heap)
    while heap:
        _, number, requests, stored = heap[0]
        if stored is not None:
            yield stored
        following = next(requests, None)
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (place_of(following), number, requests, following))


def _span(group: pq.RowGroupMetaData) -> tuple[int, int]:
    """When the first and the last request of a row group were received."""
    column = rows.SCHEMA.get_field_index("received_at")
    statistics = group.column(column).statistics
    return _micros(statistics.min), _micros(statistics.max)


def _micros(moment: datetime) -> int:
    return to_microseconds(moment.replace(tzinfo=EPOCH.tzinfo))
