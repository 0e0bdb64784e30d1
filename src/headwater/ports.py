"""Every seam of Headwater, on one page: what a log, a warehouse and a database promise.

Times are whole microseconds since the epoch in UTC; hours are whole hours since the epoch.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:  # most roles have no database, and need no room for its driver
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

Positions = Mapping[str, int]
"""How far a stream has been read: the last position taken, by partition."""


class Stream(StrEnum):
    """The streams of the durable log."""

    COLLECTED = "collected"
    """Requests as received; written by the collector."""
    RECEIVED = "received"
    """What webhook sources were sent, before it is made into events; written by the collector."""
    ACCEPTED = "accepted"
    """Events that passed the pipeline; written by the pipeline."""
    QUARANTINED = "quarantined"
    """Events kept aside with a reason; written by the pipeline."""
    VIOLATIONS = "violations"
    """How events differ from their tracking plan; written by the pipeline."""
    FORWARDED = "forwarded"
    """What tracking plans send to other sources; written by the pipeline."""


class Owner(StrEnum):
    """Who writes: every stream has one writing role, every partition one writing process."""

    COLLECTOR = "collector"
    PIPELINE = "pipeline"


OWNERS: Mapping[Stream, Owner] = {
    Stream.COLLECTED: Owner.COLLECTOR,
    Stream.RECEIVED: Owner.COLLECTOR,
    Stream.ACCEPTED: Owner.PIPELINE,
    Stream.QUARANTINED: Owner.PIPELINE,
    Stream.VIOLATIONS: Owner.PIPELINE,
    Stream.FORWARDED: Owner.PIPELINE,
}


REPLAYS: Final = "replays"
"""The partition of the collected stream in which control sends quarantined events on again."""

WEBHOOKS: Final = "webhooks"
"""The partition of the collected stream in which what webhook sources were sent becomes events."""

FORWARDS: Final = "forwards"
"""The partition of the collected stream in which what plans forward comes to its source."""


LOADER: Final = "loader"
"""The name by which the consumer of what the pipeline writes acknowledges."""


class Outcome(StrEnum):
    """What became of an event. All but ACCEPTED, REPLAYED, PASSED and TOUCHED end its way."""

    ACCEPTED = "accepted"
    """Answered with 200 (counted by the collector)."""
    REPLAYED = "replayed"
    """Left quarantine and was sent on again, by the reason that had kept it (counted where it was
    appended)."""
    PASSED = "passed"
    """Left the pipeline for the loader (counted by the pipeline)."""
    TOUCHED = "touched"
    """Altered, dropped or kept aside by the rule whose id is the reason: counted beside what became
    of it, once for each rule (counted by the pipeline)."""
    FILTERED = "filtered"
    """Dropped on purpose, by the reason's rule."""
    DUPLICATE = "duplicate"
    """Its messageId was seen before."""
    QUARANTINED = "quarantined"
    """Kept aside with a reason, replayable."""
    LOADED = "loaded"
    """A row in the warehouse (counted by the loader)."""


class Tally(msgspec.Struct, frozen=True, order=True):
    """`count` events of a source, received in an hour, had this outcome for this reason."""

    source_id: str
    hour: int
    outcome: Outcome
    reason: str
    count: int


class Record(msgspec.Struct, frozen=True):
    """What a stream holds: some events of one source, received in one hour, in one body."""

    source_id: str
    received_at: int
    count: int
    body: bytes
    meta: bytes = b""


class Stored(msgspec.Struct, frozen=True):
    """A record and where it stands."""

    partition: str
    position: int
    record: Record


class Entry(msgspec.Struct, frozen=True):
    """What a writer appends at once: all of it becomes durable together, or none.

    `consumed` are the positions of other streams that this entry takes account of; `marks` is a
    binary note kept with the entry until it is forgotten (the pipeline's message ids).
    """

    records: Mapping[Stream, Sequence[Record]]
    tallies: Sequence[Tally] = ()
    consumed: Mapping[Stream, Positions] = {}
    marks: bytes = b""


class LogWriter(Protocol):
    """The only writer of its owner's streams in one partition. Not for several threads at once."""

    def append(self, entry: Entry) -> Mapping[Stream, int]:
        """Append and sync. On return the entry survives a power cut.

        Returns the last position of each stream appended to. Positions of a stream and partition
        start at 1 and rise by one for each record, without holes. Raises LogFullError when the
        disk is over its watermark and LogError when it cannot be written; then nothing is kept.
        """
        ...

    def consumed(self, stream: Stream) -> Positions:
        """The positions last appended in `Entry.consumed` for this stream; empty at first."""
        ...

    def marks(self) -> Iterator[tuple[int, bytes]]:
        """The marks not yet forgotten, oldest first, each with its number (rising)."""
        ...

    def forget_marks(self, up_to: int) -> None:
        """Forget the marks up to and with this number."""
        ...

    def tallies(self) -> Sequence[Tally]:
        """The sums of all tallies that this writer ever appended, also of removed records."""
        ...

    def close(self) -> None: ...


class LogSnapshot(msgspec.Struct, frozen=True):
    """What an owner's writers had written at one moment, read at once for each partition."""

    tallies: Sequence[Tally]
    consumed: Mapping[Stream, Positions]
    waiting: Sequence[Tally]
    """Counts of what lies beyond the asked positions: outcome is that of the asked stream's
    entries (ACCEPTED for COLLECTED, PASSED for ACCEPTED), reason empty."""


class Retention(msgspec.Struct, frozen=True):
    """How much of a log to keep; what a known consumer has not read is always kept."""

    max_age_seconds: float
    max_bytes: int


class Log(Protocol):
    """The durable log. Any number of processes may read; each partition has one writer."""

    def writer(self, owner: Owner, partition: str = "0") -> LogWriter:
        """Open the writer of an owner's partition, recovering what a crash left.

        Raises LogError when another process holds it.
        """
        ...

    def read(
        self, stream: Stream, after: Positions, *, max_bytes: int, max_records: int = 100_000
    ) -> Sequence[Stored]:
        """The next records of all partitions after these positions, in order in each partition.

        At least one record where there is any, then no more than the bounds admit.
        """
        ...

    def ends(self, stream: Stream) -> Positions:
        """The position of each partition's last record, or 0: after these comes what is new."""
        ...

    def acknowledge(self, consumer: str, stream: Stream, positions: Positions) -> None:
        """Say how far a consumer has read, for retention alone: never moves back, need not be
        durable at once. A consumer that ever acknowledged holds back retention."""
        ...

    def acknowledged(self, consumer: str, stream: Stream) -> Positions: ...

    def dismiss(self, consumer: str) -> None:
        """A consumer reads no more: it holds back retention no longer."""
        ...

    def snapshot(self, owner: Owner, stream: Stream, after: Positions) -> LogSnapshot:
        """An owner's tallies and consumed positions, and what waits in `stream` after `after`."""
        ...

    def retain(self, retention: Retention, *, now: int) -> int:
        """Remove what is past retention and read by all consumers. Returns the bytes freed."""
        ...

    def size(self) -> int:
        """The bytes on disk."""
        ...

    def close(self) -> None: ...


class Database(Protocol):
    """The state store behind the features' stores: see headwater.databases."""

    def reading(self) -> "AbstractContextManager[Connection]":
        """A transaction that sees one moment and changes nothing."""
        ...

    def writing(self) -> "AbstractContextManager[Connection]":
        """A transaction that is committed, durably, when left without an error. One at a time."""
        ...

    def close(self) -> None: ...


def add_tallies(tallies: Iterable[Tally]) -> list[Tally]:
    """Sum the counts of tallies that differ in nothing else; sorted."""
    sums: dict[tuple[str, int, Outcome, str], int] = {}
    for tally in tallies:
        key = (tally.source_id, tally.hour, tally.outcome, tally.reason)
        sums[key] = sums.get(key, 0) + tally.count
    return sorted(Tally(*key, count) for key, count in sums.items())
