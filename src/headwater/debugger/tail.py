"""The live tail: one thread reads the log for all who watch, and tells each what concerns them.

What a request's events are, the tail reads from the collected stream; what became of them it tells
by the steps' own verdicts and by the accepted stream. In a turn it first asks how far the pipeline
is, then reads what was collected and then what had passed by that first moment: so an event that
the pipeline has been past, and that did not pass, is a duplicate.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from headwater.debugger.filters import Filter
from headwater.debugger.model import Outcome, Seen
from headwater.debugger.passed import Passed, find
from headwater.debugger.unfolding import Key, Passing, settled, unfold
from headwater.governing import compile_program
from headwater.kit.logging import logger
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Memory, Programs
from headwater.ports import Log, Positions, Stored, Stream
from headwater.spec.again import is_again
from headwater.workspaces.model import Configuration, Source

PIPELINE: Final = "pipeline"
PAUSE_SECONDS: Final = 0.2
BEAT_SECONDS: Final = 10.0
MOST_QUEUED: Final = 1_000
_MOST_REQUESTS: Final = 200
_MOST_EVENTS: Final = 1_000
_READ_BYTES: Final = 4_000_000
_MOST_PENDING: Final = 5_000
_log = logger("debugger")


class Watcher:
    """One who watches: events come in batches by `next`, which waits for them.

    `skipped` counts the events that came too fast to be shown.
    """

    def __init__(self, source_ids: Collection[str], wanted: Filter) -> None:
        self.source_ids = source_ids
        self.skipped = 0
        self._wanted = wanted
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._queue: list[Seen] = []
        self._is_over = False

    async def next(self, *, seconds: float) -> list[Seen] | None:
        """The events that have come since, waiting so long for the first; empty where none came.

        None when there will be no more, for the server stops.
        """
        if not self._queue and not self._is_over:
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        self._arrived.clear()
        arrived, self._queue = self._queue, []
        return None if self._is_over and not arrived else arrived

    def __aiter__(self) -> "Watcher":
        return self

    async def __anext__(self) -> list[Seen]:
        """The next events; an empty list now and then while none come."""
        found = await self.next(seconds=BEAT_SECONDS)
        if found is None:
            raise StopAsyncIteration
        return found

    def tell(self, seen: Iterable[Seen], skipped: Mapping[str, int]) -> None:
        """Called by the tail's thread."""
        chosen = [s for s in seen if s.source_id in self.source_ids and self._wanted.admits(s)]
        missed = sum(n for source_id, n in skipped.items() if source_id in self.source_ids)
        if chosen or missed:
            self._loop.call_soon_threadsafe(self._put, chosen, missed)

    def end(self) -> None:
        """Called by the tail's thread."""
        self._loop.call_soon_threadsafe(self._close)

    def _put(self, seen: list[Seen], skipped: int) -> None:
        self._queue += seen
        over = max(0, len(self._queue) - MOST_QUEUED)
        del self._queue[:over]
        self.skipped += skipped + over
        self._arrived.set()

    def _close(self) -> None:
        self._is_over = True
        self._arrived.set()


class Tail:
    """Reads the log while somebody watches. Its memory is bounded whatever passes."""

    def __init__(
        self,
        log: Log,
        configuration: Callable[[], Configuration | None],
        limits: Limits,
        stop: threading.Event,
    ) -> None:
        self._log = log
        self._configuration = configuration
        self._limits = limits
        self._stop = stop
        self._governed: Configuration | None = None  # what the programs were made of
        self._programs = NO_PROGRAMS
        self._watchers: list[Watcher] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, watcher: Watcher) -> None:
        """Tell a watcher of the events that are collected from now on."""
        with self._lock:
            self._watchers = [*self._watchers, watcher]
            if self._thread is None:
                turn = Turn(self._log, self._limits, self._log.ends(Stream.COLLECTED))
                self._thread = threading.Thread(
                    target=self._run, args=(turn,), name="debugger", daemon=True
                )
                self._thread.start()

    def remove(self, watcher: Watcher) -> None:
        """Tell a watcher no more."""
        with self._lock:
            self._watchers = [each for each in self._watchers if each is not watcher]

    def _run(self, turn: "Turn") -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            with self._lock:
                watchers = self._watchers
                if not watchers:
                    self._thread = None
                    return
            try:
                self._tell(turn, watchers)
            except Exception as error:
                _log.error("tail.failed", error=repr(error))
        with self._lock:
            self._thread = None
            for watcher in self._watchers:
                watcher.end()

    def _tell(self, turn: "Turn", watchers: Sequence[Watcher]) -> None:
        configuration = self._configuration()
        if configuration is None:
            return
        wanted = {source_id for watcher in watchers for source_id in watcher.source_ids}
        if configuration is not self._governed:
            self._programs = compile_program(configuration, Memory(is_looking=True))
            self._governed = configuration
        seen, skipped = turn.take(wanted, configuration.by_id(), self._programs)
        if seen or skipped:
            for watcher in watchers:
                watcher.tell(seen, skipped)


class Turn:
    """The tail's place in the log, and the events of which it is not yet known what became."""

    def __init__(self, log: Log, limits: Limits, after: Positions) -> None:
        self._log = log
        self._limits = limits
        self._collected = dict(after)
        self._accepted = dict(log.ends(Stream.ACCEPTED))
        self._pending: dict[str, Passing] = {}
        self._told: set[str] = set()

    def take(
        self,
        source_ids: Collection[str],
        sources: Mapping[str, Source],
        programs: Programs = NO_PROGRAMS,
    ) -> tuple[list[Seen], Mapping[str, int]]:
        """What has passed since the last turn, and how many events of each source were left out."""
        led = self._log.acknowledged(PIPELINE, Stream.COLLECTED)
        passed_by = self._log.ends(Stream.ACCEPTED)
        skipped: Counter[str] = Counter()
        fresh = self._unfold(source_ids, sources, programs, skipped)
        for each in fresh:
            self._pending[each.id] = each
        seen = self._settle(led, self._passed(passed_by))
        # What is still unknown is shown as waiting, once.
        for each in self._pending.values():
            if each.id not in self._told:
                self._told.add(each.id)
                seen.append(each.seen(Outcome.WAITING))
        self._bound()
        return seen, skipped

    def _unfold(
        self,
        source_ids: Collection[str],
        sources: Mapping[str, Source],
        programs: Programs,
        skipped: Counter[str],
    ) -> list[Passing]:
        events: list[Passing] = []
        for stored in self._collect():
            record = stored.record
            if record.source_id not in source_ids:
                continue
            if len(events) >= _MOST_EVENTS:
                skipped[record.source_id] += record.count
                continue
            events += unfold(stored, sources, self._limits, programs)
        return events

    def _collect(self) -> Sequence[Stored]:
        """The requests since the last turn; the newest of them where they are too many."""
        for name, end in self._log.ends(Stream.COLLECTED).items():
            self._collected[name] = max(self._collected.get(name, 0), end - _MOST_REQUESTS)
        found = self._log.read(
            Stream.COLLECTED, self._collected, max_bytes=_READ_BYTES, max_records=_MOST_REQUESTS * 4
        )
        for stored in found:
            self._collected[stored.partition] = stored.position
        return [stored for stored in found if not is_again(stored.record.meta)]

    def _passed(self, up_to: Positions) -> Passed:
        """Which of the pending events had passed by then."""
        wanted = {each.key for each in self._pending.values() if each.verdict is None}
        found: Passed = {}
        if not wanted:
            self._accepted = dict(up_to)
            return found
        while any(self._accepted.get(name, 0) < end for name, end in up_to.items()):
            records = self._log.read(Stream.ACCEPTED, self._accepted, max_bytes=_READ_BYTES)
            if not records:
                break
            in_time = [r for r in records if r.position <= up_to.get(r.partition, 0)]
            for key, events in find(in_time, wanted).items():
                found.setdefault(key, []).extend(events)
            for record in records:
                self._accepted[record.partition] = record.position
            if len(in_time) < len(records):
                # Read again in the next turn what has passed in this one.
                self._accepted = {
                    name: min(at, up_to.get(name, 0)) for name, at in self._accepted.items()
                }
                break
        return found

    def _settle(self, led: Positions, passed: Passed) -> list[Seen]:
        """The pending events of which it is now known what became."""
        seen = []
        for each in list(self._pending.values()):
            outcome, normalised = outcome_of(each, led, passed)
            if outcome is not Outcome.WAITING:
                seen.append(each.seen(outcome, normalised))
                del self._pending[each.id]
                self._told.discard(each.id)
        return seen

    def _bound(self) -> None:
        """Forget the oldest of the unknown where the pipeline is far behind."""
        while len(self._pending) > _MOST_PENDING:
            oldest = next(iter(self._pending))
            del self._pending[oldest]
            self._told.discard(oldest)


def outcome_of(
    each: Passing, led: Positions, passed: dict[Key, list[dict[str, Any]]]
) -> tuple[Outcome, dict[str, Any] | None]:
    """What became of an event; takes it out of those that passed, so that of several with its key
    the first is the accepted one."""
    if each.position > led.get(each.partition, 0):
        return Outcome.WAITING, None
    decided = settled(each.verdict)
    if decided is not None:
        return decided, None
    events = passed.get(each.key)
    if events:
        return Outcome.ACCEPTED, events.pop(0)
    return Outcome.DUPLICATE, None
