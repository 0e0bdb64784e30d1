"""The stored requests of a time: from the archive, and from the log what is not archived yet.

How far the archive has come is known for each partition of the log, so none is read twice and none
is missed. They come in the order of their receipt, which is that of their collection but for the
clock's steps. What replays sent again is left out: it is there as it came first.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator
from typing import Final, Protocol

import msgspec

from headwater.ports import REPLAYS, Log, Positions, Stored, Stream
from headwater.spec import again as spec

END_OF_TIME: Final = 1 << 62
_READ_BYTES: Final = 4_000_000
_READ_RECORDS: Final = 5_000
_EVERYTHING: Final = 1 << 62
_SKEW: Final = 2_000_000
_MOST_HELD: Final = 20_000
_AROUND: Final = 256


class Place(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Where a request stands in the order: after all that were received before it."""

    received_at: int
    partition: str = ""
    position: int = 0


class Archived(Protocol):
    """What the archive holds, as far as reading needs it."""

    def archived_until(self, source_ids: Collection[str]) -> int | None:
        """When the last archived request of these sources was received; None where none is."""
        ...

    def between(
        self, source_ids: Collection[str], since: int, until: int
    ) -> tuple[Positions, Iterator[Stored]]:
        """Up to where each partition of the collected stream is archived, and the archived
        requests of a time, in order: both of one moment."""
        ...


class NoArchive:
    """Where nothing is archived."""

    def archived_until(self, *_: object) -> None:
        return None

    def between(self, *_: object) -> tuple[Positions, Iterator[Stored]]:
        return {}, iter(())


class StoredRequests:
    """Reads what was collected, as long as it is kept. For any thread; blocking."""

    def __init__(self, log: Log, archive: Archived | None = None) -> None:
        self._log = log
        self._archive = archive or NoArchive()

    def between(
        self,
        source_ids: Collection[str],
        since: int,
        until: int = END_OF_TIME,
        *,
        after: Place | None = None,
    ) -> Iterator[Stored]:
        """The requests of these sources received from `since` to before `until` (microseconds), in
        order, read as they are asked for: some megabytes at a time. `after` goes on after a place.

        Raises LogError and ArchiveError.
        """
        wanted = frozenset(source_ids)
        if after is not None:
            since = max(since, after.received_at)

        def is_wanted(stored: Stored) -> bool:
            record = stored.record
            return (
                record.source_id in wanted
                and since <= record.received_at < until
                and (after is None or place_of(stored) > after)
                and not is_again(stored)
            )

        archived, held = self._archive.between(wanted, since, until)
        tails = [
            filter(is_wanted, self._tail(name, archived.get(name, 0), end, since))
            for name, end in self._log.ends(Stream.COLLECTED).items()
        ]
        yield from heapq.merge(filter(is_wanted, held), *tails, key=place_of)

    def archived_until(self, source_ids: Collection[str]) -> int | None:
        """When the last archived request of these sources was received; None where none is."""
        return self._archive.archived_until(source_ids)

    def _tail(self, partition: str, archived: int, end: int, since: int) -> Iterator[Stored]:
        """What the log has of a partition after the archive's end, in order."""
        if partition == REPLAYS:
            return self._mended(archived, end)
        start = max(archived, self._before(partition, archived, end, since) - _AROUND)
        return _in_order(self._after(partition, start, end))

    def _mended(self, start: int, end: int) -> Iterator[Stored]:
        """What people mended in quarantine: it stands in the order in which they sent it on, so
        that its places are sorted, and each is read by itself."""
        places = [place_of(each) for each in self._after(REPLAYS, start, end) if not is_again(each)]
        for place in sorted(places):
            yield from self._read(REPLAYS, place.position - 1, 1)

    def _after(self, partition: str, start: int, end: int) -> Iterator[Stored]:
        """The records of a partition after one position, up to another."""
        while start < end:
            records = self._read(partition, start, _READ_RECORDS)
            if not records:
                return
            start = records[-1].position
            yield from (each for each in records if each.position <= end)

    def _read(self, partition: str, after: int, most: int) -> list[Stored]:
        """The next records of one partition alone."""
        elsewhere = {
            name: _EVERYTHING for name in self._log.ends(Stream.COLLECTED) if name != partition
        }
        found = self._log.read(
            Stream.COLLECTED,
            {**elsewhere, partition: after},
            max_bytes=_READ_BYTES * (len(elsewhere) + 1) if most > 1 else 1,
            max_records=most * (len(elsewhere) + 1),
        )
        return [stored for stored in found if stored.partition == partition][:most]

    def _before(self, partition: str, low: int, high: int, received_at: int) -> int:
        """The position after which the first request received at that time or later stands: by
        halving, for positions rise with time."""
        while low < high:
            middle = (low + high) // 2
            found = self._read(partition, middle, 1)
            if found and found[0].record.received_at < received_at:
                low = max(found[0].position, middle + 1)
            else:
                high = middle
        return low


def place_of(stored: Stored) -> Place:
    """Where a request stands in the order."""
    return Place(stored.record.received_at, stored.partition, stored.position)


def is_again(stored: Stored) -> bool:
    """Whether a request was sent again by a replay, as it had come before."""
    return stored.partition == REPLAYS and spec.is_again(stored.record.meta)


def _in_order(records: Iterable[Stored]) -> Iterator[Stored]:
    """Records that are nearly in order, in order: requests overtake each other by little."""
    held: list[tuple[Place, Stored]] = []
    newest = 0
    for stored in records:
        heapq.heappush(held, (place_of(stored), stored))
        newest = max(newest, stored.record.received_at)
        while held and (held[0][0].received_at < newest - _SKEW or len(held) > _MOST_HELD):
            yield heapq.heappop(held)[1]
    while held:
        yield heapq.heappop(held)[1]
