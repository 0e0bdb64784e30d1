"""The debugger as the API and the pages use it."""

import threading
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import anyio.to_thread

from headwater.debugger.filters import Filter
from headwater.debugger.locating import Copies, copies
from headwater.debugger.model import WHEREABOUTS, Seen, Trace, Whereabouts, WhereaboutsLook
from headwater.debugger.recent import Back, back, unloaded, with_outcomes
from headwater.debugger.tail import PIPELINE, Tail, Watcher
from headwater.debugger.trace import Known, chosen, trace
from headwater.errors import NotFoundError
from headwater.governing import compile_program
from headwater.kit.clock import to_microseconds
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Memory, Programs
from headwater.ports import Log, Stream
from headwater.queries.looks import Looking, look
from headwater.search.events import EventSearch
from headwater.search.model import StoredEvent
from headwater.workspaces.model import Configuration, Source

MOST_RECENT: Final = 500
_LOADER: Final = "loader"
_MOST_ASKED: Final = 500
_NOWHERE: Final = Whereabouts([], [])


class Debugger:
    """Shows events as they pass, and tells the way of one. For one event loop."""

    def __init__(
        self,
        log: Log,
        warehouse: Looking,
        configuration: Callable[[], Configuration | None],
        limits: Limits,
        stop: threading.Event | None = None,
    ) -> None:
        """Watching ends when `stop` is set."""
        self._log = log
        self._warehouse = warehouse
        self._configuration = configuration
        self._limits = limits
        self._search = EventSearch(warehouse)
        self._tail = Tail(log, configuration, limits, stop or threading.Event())

    @asynccontextmanager
    async def watch(
        self, source_ids: Collection[str], wanted: Filter | None = None
    ) -> AsyncIterator[Watcher]:
        """Watch the events of sources that are collected from now on."""
        watcher = Watcher(frozenset(source_ids), wanted or Filter.of())
        await anyio.to_thread.run_sync(self._tail.add, watcher)
        try:
            yield watcher
        finally:
            self._tail.remove(watcher)

    async def recent(
        self,
        workspace_id: str,
        sources: Sequence[Source],
        wanted: Filter | None = None,
        count: int = 100,
    ) -> list[Seen]:
        """The last events of sources, the newest first, as far as they are near the log's end; of
        those, the ones that the filter admits."""
        if not sources:
            return []
        found = await anyio.to_thread.run_sync(self._back, sources, min(count, MOST_RECENT))
        settled = {key for key, passed in found.passed.items() if passed}
        asked = [e for e in found.events if e.message_id and e.key not in settled]
        ids = sorted({each.message_id for each in asked})
        times = [each.received_at for each in asked]
        received = (min(times), max(times)) if times else None
        held = await self._whereabouts(workspace_id, sources, ids[:_MOST_ASKED], received)
        seen = with_outcomes(found, held, {source.slug: source.id for source in sources})
        return [each for each in seen if wanted is None or wanted.admits(each)]

    def _back(self, sources: Sequence[Source], count: int) -> Back:
        ids = {source.id for source in sources}
        return back(self._log, ids, self._known(), self._limits, count, self._programs())

    async def trace(
        self,
        workspace_id: str,
        sources: Sequence[Source],
        message_id: str,
        stored: Sequence[StoredEvent] | None = None,
    ) -> Trace:
        """The way of the event with a messageId. Raises NotFoundError.

        `stored` is what these sources have of it in the warehouse, where the caller has looked.
        """
        if stored is None:
            stored = await self._search.event(workspace_id, sources, message_id)
        held = _NOWHERE
        if not stored:
            held = await self._whereabouts(workspace_id, sources, [message_id])
        return await anyio.to_thread.run_sync(self._trace, sources, message_id, stored, held)

    def _trace(
        self,
        sources: Sequence[Source],
        message_id: str,
        stored: Sequence[StoredEvent],
        held: Whereabouts,
    ) -> Trace:
        led = self._log.acknowledged(PIPELINE, Stream.COLLECTED)
        loaded = self._log.acknowledged(_LOADER, Stream.ACCEPTED)
        at = _received(stored, held)
        ids = {source.id for source in sources}
        known, programs = self._known(), self._programs()
        found = copies(self._log, message_id, ids, known, self._limits, at, programs)
        request, repeats = chosen(found, at)
        if request is None and at is None:
            raise NotFoundError(
                f"There is no event with the messageId {message_id!r}.",
                hint="It may be older than what is kept, or of a source that you may not see.",
            )
        passing = {} if stored else unloaded(self._log, loaded, found.events)
        passed = next((events[0] for events in passing.values() if events), None)
        kept = held.kept_aside[-1] if held.kept_aside and not stored and passed is None else None
        return trace(
            Known(
                message_id=message_id,
                source_id=_source_id(stored, held, found),
                received_at=request.received_at if request is not None else at or 0,
                request=request,
                led=request is None or request.position <= led.get(request.partition, 0),
                passed=passed,
                stored=stored[-1] if stored else None,
                kept=kept,
                repeats=repeats,
            )
        )

    def _known(self) -> dict[str, Source]:
        configuration = self._configuration()
        return {} if configuration is None else dict(configuration.by_id())

    def _programs(self) -> Programs:
        """For one thread alone: stages count what they touch."""
        configuration = self._configuration()
        if configuration is None:
            return NO_PROGRAMS
        return compile_program(configuration, Memory(is_looking=True))

    async def _whereabouts(
        self,
        workspace_id: str,
        sources: Sequence[Source],
        ids: Sequence[str],
        received: tuple[int, int] | None = None,
    ) -> Whereabouts:
        if not ids:
            return _NOWHERE
        wanted = WhereaboutsLook(
            tuple(source.slug for source in sources),
            tuple(source.id for source in sources),
            tuple(ids),
            received,
        )
        return await look(self._warehouse, WHEREABOUTS, workspace_id, wanted, Whereabouts)


def _received(stored: Sequence[StoredEvent], held: Whereabouts) -> int | None:
    """When the event was received that is traced: the stored one, or else the one kept aside."""
    if stored:
        return to_microseconds(datetime.fromisoformat(stored[-1].received_at))
    return held.kept_aside[-1].received_at if held.kept_aside else None


def _source_id(stored: Sequence[StoredEvent], held: Whereabouts, found: Copies) -> str:
    if stored:
        return stored[-1].source_id
    if held.kept_aside:
        return held.kept_aside[-1].source_id
    return found.events[0].source_id
