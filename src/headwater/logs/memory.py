"""A log that forgets everything with its process: for tests."""

from collections.abc import Iterator, Mapping, Sequence

from headwater.errors import LogError
from headwater.kit.clock import hour_of
from headwater.ports import (
    OWNERS,
    Entry,
    LogSnapshot,
    Outcome,
    Owner,
    Positions,
    Record,
    Retention,
    Stored,
    Stream,
    Tally,
    add_tallies,
)


class _Partition:
    """What one writer has written."""

    def __init__(self) -> None:
        self.records: dict[Stream, dict[int, Record]] = {}
        self.ends: dict[Stream, int] = {}
        self.tallies: list[Tally] = []
        self.consumed: dict[Stream, dict[str, int]] = {}
        self.marks: dict[int, bytes] = {}
        self.next_mark = 1
        self.is_open = False


class MemoryWriter:
    """The writer of one partition of a MemoryLog."""

    def __init__(self, partition: _Partition) -> None:
        self._partition = partition
        partition.is_open = True

    def append(self, entry: Entry) -> Mapping[Stream, int]:
        part = self._partition
        if not part.is_open:
            raise LogError("The log's writer is closed.")
        last: dict[Stream, int] = {}
        for stream, records in entry.records.items():
            kept, end = part.records.setdefault(stream, {}), part.ends.get(stream, 0)
            for record in records:
                end += 1
                kept[end] = record
            part.ends[stream] = end
            if records:
                last[stream] = end
        part.tallies = add_tallies([*part.tallies, *entry.tallies])
        for stream, positions in entry.consumed.items():
            part.consumed.setdefault(stream, {}).update(positions)
        if entry.marks:
            part.marks[part.next_mark] = entry.marks
            part.next_mark += 1
        return last

    def consumed(self, stream: Stream) -> Positions:
        return dict(self._partition.consumed.get(stream, {}))

    def marks(self) -> Iterator[tuple[int, bytes]]:
        return iter(sorted(self._partition.marks.items()))

    def forget_marks(self, up_to: int) -> None:
        for number in [number for number in self._partition.marks if number <= up_to]:
            del self._partition.marks[number]

    def tallies(self) -> Sequence[Tally]:
        return list(self._partition.tallies)

    def close(self) -> None:
        self._partition.is_open = False


class MemoryLog:
    """A log for tests. A consumer named in `consumers` holds back retention from the start."""

    def __init__(self, consumers: Mapping[Stream, Sequence[str]] | None = None) -> None:
        self._partitions: dict[tuple[Owner, str], _Partition] = {}
        self._consumers = {stream: set(names) for stream, names in (consumers or {}).items()}
        self._acknowledged: dict[tuple[str, Stream], dict[str, int]] = {}
        self._turn = 0

    def writer(self, owner: Owner, partition: str = "0") -> MemoryWriter:
        part = self._partitions.setdefault((owner, partition), _Partition())
        if part.is_open:
            raise LogError(f"Another writer holds partition {partition} of the {owner}.")
        return MemoryWriter(part)

    def read(
        self, stream: Stream, after: Positions, *, max_bytes: int, max_records: int = 100_000
    ) -> Sequence[Stored]:
        partitions = self._of(OWNERS[stream])
        first = self._turn % max(1, len(partitions))
        self._turn += 1
        found: list[Stored] = []
        size = 0
        for name, part in partitions[first:] + partitions[:first]:
            for position, record in sorted(part.records.get(stream, {}).items()):
                if position <= after.get(name, 0):
                    continue
                size += len(record.body)
                if found and (size > max_bytes or len(found) >= max_records):
                    return found
                found.append(Stored(name, position, record))
        return found

    def ends(self, stream: Stream) -> Positions:
        return {name: part.ends.get(stream, 0) for name, part in self._of(OWNERS[stream])}

    def acknowledge(self, consumer: str, stream: Stream, positions: Positions) -> None:
        self._consumers.setdefault(stream, set()).add(consumer)
        known = self._acknowledged.setdefault((consumer, stream), {})
        for partition, position in positions.items():
            known[partition] = max(position, known.get(partition, 0))

    def acknowledged(self, consumer: str, stream: Stream) -> Positions:
        return dict(self._acknowledged.get((consumer, stream), {}))

    def dismiss(self, consumer: str) -> None:
        for names in self._consumers.values():
            names.discard(consumer)
        for stream in Stream:
            self._acknowledged.pop((consumer, stream), None)

    def snapshot(self, owner: Owner, stream: Stream, after: Positions) -> LogSnapshot:
        outcome = Outcome.ACCEPTED if stream is Stream.COLLECTED else Outcome.PASSED
        tallies: list[Tally] = []
        waiting: list[Tally] = []
        consumed: dict[Stream, dict[str, int]] = {}
        for name, part in self._of(owner):
            tallies += part.tallies
            for read, positions in part.consumed.items():
                consumed.setdefault(read, {}).update(positions)
            waiting += [
                Tally(record.source_id, hour_of(record.received_at), outcome, "", record.count)
                for position, record in part.records.get(stream, {}).items()
                if position > after.get(name, 0)
            ]
        return LogSnapshot(add_tallies(tallies), consumed, add_tallies(waiting))

    def retain(self, retention: Retention, *, now: int) -> int:
        freed = 0
        kept = self.size()
        oldest = now - int(retention.max_age_seconds * 1_000_000)
        for (_, name), part in self._partitions.items():
            for stream, records in part.records.items():
                names = self._consumers.get(stream, set())
                read = min((self.acknowledged(c, stream).get(name, 0) for c in names), default=0)
                for position, record in sorted(records.items()):
                    over = kept - freed > retention.max_bytes
                    if position > read or not (record.received_at < oldest or over):
                        break
                    freed += len(records.pop(position).body)
        return freed

    def size(self) -> int:
        return sum(
            len(record.body)
            for part in self._partitions.values()
            for records in part.records.values()
            for record in records.values()
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _of(self, owner: Owner) -> list[tuple[str, _Partition]]:
        return sorted((name, part) for (of, name), part in self._partitions.items() if of is owner)
