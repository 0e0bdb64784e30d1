"""What a replay would send again, counted before it does."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Final

import msgspec

from headwater.archive.requests import StoredRequests
from headwater.governing import compile_program
from headwater.kit.clock import isoformat
from headwater.pipeline.event import Limits
from headwater.pipeline.program import Memory
from headwater.ports import Stored
from headwater.replays.model import Counted, Preview, Selection
from headwater.replays.selecting import Meant, Selector
from headwater.workspaces.model import Configuration

SECONDS: Final = 5.0
MOST_NAMES: Final = 100
_READ_AT_ONCE: Final = 200


class Tally(msgspec.Struct):
    """A preview while it is counted."""

    read: int = 0
    missing: int = 0
    requests: int = 0
    by_source: Counter[str] = msgspec.field(default_factory=Counter)
    by_event: Counter[str] = msgspec.field(default_factory=Counter)
    first_at: int | None = None
    last_at: int | None = None
    is_complete: bool = False

    def add(self, meant: Sequence[Meant]) -> None:
        for each in meant:
            self.by_source[each.source_id] += each.events
            self.by_event[each.name] += each.events
        times = [each.stored.record.received_at for each in meant]
        if times:
            self.first_at = min(times) if self.first_at is None else self.first_at
            self.last_at = max(times)
        self.requests += len({(e.stored.partition, e.stored.position) for e in meant})


class Previewing:
    """Goes through the stored requests of a selection, part by part. For one thread at a time."""

    def __init__(
        self,
        requests: StoredRequests,
        configuration: Configuration,
        selection: Selection,
        limits: Limits,
        *,
        seconds: float = SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """What is not looked at after so many seconds is not counted. Raises FqlError."""
        programs = compile_program(configuration, Memory(is_looking=True))
        self._selector = Selector(selection, configuration.by_id(), programs, limits)
        self._stored = requests.between(selection.source_ids, selection.since, selection.until)
        self._monotonic = monotonic
        self._ends = monotonic() + seconds
        self.tally = Tally()

    def part(self) -> list[Meant] | None:
        """The events of the next requests that are meant; None at the end, or of the time."""
        if self._monotonic() > self._ends:
            return None
        found: list[Stored] = list(islice(self._stored, _READ_AT_ONCE))
        if not found:
            self.tally.is_complete = True
            return None
        self.tally.read += sum(each.record.count for each in found)
        return self._selector.meant(found)


def shown(tally: Tally, available: "Available", *, counts_missing: bool) -> Preview:
    """A preview as it is answered."""
    return Preview(
        read=tally.read,
        events=tally.by_source.total(),
        requests=tally.requests,
        missing=tally.missing if counts_missing else None,
        by_source=_counted(tally.by_source),
        by_event=_counted(tally.by_event),
        is_complete=tally.is_complete,
        first_at=_time(tally.first_at),
        last_at=_time(tally.last_at),
        available_from=_time(available.first_at),
        archived_until=_time(available.archived_until),
    )


class Available(msgspec.Struct, frozen=True):
    """Of which time there are requests of some sources."""

    first_at: int | None = None
    archived_until: int | None = None


def available(requests: StoredRequests, source_ids: Collection[str]) -> Available:
    """Since when there is anything of these sources, and how far the archive has come."""
    found = next(requests.between(source_ids, 0), None)
    first = None if found is None else found.record.received_at
    return Available(first, requests.archived_until(source_ids))


def _counted(counts: Counter[str]) -> list[Counted]:
    return [Counted(name, n) for name, n in counts.most_common(MOST_NAMES)]


def _time(at: int | None) -> str | None:
    return None if at is None else isoformat(at)
