"""Replays as they are carried out: one at a time, the first begun first.

Before requests are appended it is noted which, and how far the replay is then; the note beside the
appended events says which chunk they were. So a stop at any moment loses nothing and sends nothing
twice: at the next start the log tells whether what was intended was done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from headwater.access.changes import Changes
from headwater.archive.requests import Place, StoredRequests, place_of
from headwater.errors import HeadwaterError
from headwater.governing import compile_program
from headwater.kit.ids import resource_id
from headwater.kit.logging import logger
from headwater.pipeline.again import taken_back
from headwater.pipeline.event import Limits
from headwater.pipeline.program import Memory
from headwater.ports import REPLAYS, Entry, Log, Record, Stored, Stream
from headwater.quarantine.appending import Replays
from headwater.quarantine.deciding import blocking
from headwater.queries.looks import Looking, look
from headwater.replays import store
from headwater.replays.model import PRESENT, Chunk, PresentLook, Run
from headwater.replays.pace import Pace
from headwater.replays.selecting import Meant, Selector, sent_again, whole
from headwater.spec.again import Mode
from headwater.workspaces.model import Configuration

AT_ONCE: Final = 2_000
"""The most events of a chunk, but for those of its last request."""

_READ_AT_ONCE: Final = 500
_READ_BYTES: Final = 4_000_000
_MOST_AHEAD: Final = 2_000
"""The most requests that wait in the log for the pipeline: what is new does not wait for them."""

_AHEAD_SECONDS: Final = 0.2
_FRESH_SECONDS: Final = 60
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 60.0
_PIPELINE: Final = "pipeline"
_log = logger("replays")

Sleep = Callable[[float], Awaitable[None]]


class Runner:
    """Carries out replays. For one event loop."""

    def __init__(
        self,
        changes: Changes,
        log: Log,
        requests: StoredRequests,
        replays: Replays,
        warehouse: Looking,
        configuration: Callable[[], Configuration | None],
        limits: Limits,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._changes = changes
        self._log = log
        self._requests = requests
        self._replays = replays
        self._warehouse = warehouse
        self._configuration = configuration
        self._limits = limits
        self._sleep = sleep
        self._due = asyncio.Event()
        self._under_way: _UnderWay | None = None

    def wake(self) -> None:
        """There is a replay to be carried out, or one is not to be any more."""
        self._due.set()

    async def run(self) -> None:
        """Carry out replays until cancelled: first what a stop has cut short."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            self._due.clear()
            run = None
            try:
                await blocking(self.settle)
                run = await blocking(self._next)
                if run is None:
                    await self._due.wait()
                    continue
                await self.step(run)
                wait = _FIRST_WAIT_SECONDS
            except HeadwaterError as error:
                _log.warning("replay.waits", run=run.id if run else "", error=error.message)
                self._under_way = None
                if run is not None:
                    await blocking(self._note_problem, run.id, error.message)
                await self._pause(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    async def until_done(self) -> None:
        """Carry out all that there is to do; for tests and commands."""
        await blocking(self.settle)
        while run := await blocking(self._next):
            await self.step(run)

    async def step(self, run: Run) -> None:
        """Do the next part of a replay."""
        under_way = self._under_way
        if under_way is None or under_way.run_id != run.id:
            under_way = self._under_way = await blocking(self._begin, run)
        if wait := under_way.pace.wait():
            await self._pause(wait)
            return
        if self._is_far_ahead():
            await self._pause(_AHEAD_SECONDS)
            return
        requests = await blocking(under_way.next, self._changes.clock.now())
        if not requests:
            self._under_way = None
            await blocking(self._finish, run)
            return
        records = await self._records(run, under_way, requests)
        read = sum(each.record.count for each in requests)
        sent = sum(each.count for each in records)
        chunk = Chunk(resource_id(), place_of(requests[-1]), read, sent, read - sent)
        if await blocking(self._append, run, chunk, records):
            under_way.place = chunk.place
            under_way.pace.sent(sent)
        else:
            self._under_way = None

    async def _pause(self, seconds: float) -> None:
        """Wait, unless somebody pauses or cancels meanwhile."""
        waiting = asyncio.ensure_future(self._sleep(seconds))
        woken = asyncio.ensure_future(self._due.wait())
        _, pending = await asyncio.wait({waiting, woken}, return_when=asyncio.FIRST_COMPLETED)
        for each in pending:
            each.cancel()

    async def _records(
        self, run: Run, under_way: "_UnderWay", requests: Sequence[Stored]
    ) -> list[Record]:
        """What is sent again of some requests."""
        if run.selection.is_whole and run.mode is Mode.AGAIN:
            return [whole(run.id, run.mode, each) for each in requests]
        meant = await blocking(under_way.selector.meant, requests)
        if run.mode is Mode.MISSING:
            meant = await missing(self._warehouse, run.workspace_id, under_way.slugs, meant)
        return sent_again(run.id, run.mode, meant)

    def _append(self, run: Run, chunk: Chunk, records: Sequence[Record]) -> bool:
        """Append a chunk and note it; False where the replay does not go on."""
        with self._changes.noting() as connection:
            if not store.intend(connection, run.id, chunk):
                return False
        if records:
            entry = Entry({Stream.COLLECTED: records}, taken_back(records), marks=chunk.id.encode())
            self._replays.append(entry)
        self._advance(run.id, chunk)
        return True

    def _advance(self, run_id: str, chunk: Chunk) -> None:
        with self._changes.noting() as connection:
            store.advance(connection, run_id, chunk)
        self._replays.done(chunk.id)

    def settle(self) -> None:
        """Find out of what was intended whether it was done."""
        with self._changes.reading() as connection:
            intended = store.intended(connection)
        for run in intended:
            if run.chunk is None:
                continue
            if run.chunk.sent == 0 or self._replays.has(run.chunk.id):
                self._advance(run.id, run.chunk)
            else:
                with self._changes.noting() as connection:
                    store.give_up_chunk(connection, run.id)
            self._under_way = None

    def pending(self) -> set[str]:
        """The chunks of which it is not noted whether they were appended."""
        with self._changes.reading() as connection:
            runs = store.intended(connection)
        return {run.chunk.id for run in runs if run.chunk is not None}

    def _begin(self, run: Run) -> "_UnderWay":
        configuration = self._configuration()
        assert configuration is not None
        sources = configuration.by_id()
        selection = run.selection
        if run.total < 0:
            found = self._requests.between(selection.source_ids, selection.since, selection.until)
            total = sum(each.record.count for each in found)
            with self._changes.noting() as connection:
                store.count(connection, run.id, total)
        programs = compile_program(configuration, Memory(is_looking=True))
        return _UnderWay(
            run,
            Selector(selection, sources, programs, self._limits),
            Pace(self._changes.clock, run.rate),
            {each: sources[each].slug for each in selection.source_ids if each in sources},
            self._requests,
        )

    def _is_far_ahead(self) -> bool:
        end = self._log.ends(Stream.COLLECTED).get(REPLAYS, 0)
        led = self._log.acknowledged(_PIPELINE, Stream.COLLECTED).get(REPLAYS, 0)
        return end - led > _MOST_AHEAD

    def _finish(self, run: Run) -> None:
        with self._changes.noting() as connection:
            store.finish(connection, run.id, self._changes.clock.now())

    def _note_problem(self, run_id: str, problem: str) -> None:
        with self._changes.noting() as connection:
            store.note_problem(connection, run_id, problem)

    def _next(self) -> Run | None:
        with self._changes.reading() as connection:
            return store.due(connection)


class _UnderWay:
    """A replay while it is carried out: where it reads, and how fast it goes."""

    def __init__(
        self,
        run: Run,
        selector: Selector,
        pace: Pace,
        slugs: dict[str, str],
        requests: StoredRequests,
    ) -> None:
        self.run_id = run.id
        self.selector = selector
        self.pace = pace
        self.slugs = slugs
        self.place: Place | None = run.place
        self._selection = run.selection
        self._requests = requests
        self._reading: Iterator[Stored] = iter(())
        self._opened = -1
        self._held: Stored | None = None

    def next(self, now: int) -> list[Stored]:
        """The next requests; none at the end. Now and then they are looked for anew: the archive
        and the log move on."""
        if self._opened < 0 or now - self._opened > _FRESH_SECONDS * 1_000_000:
            self._opened, self._held = now, None
            self._reading = self._requests.between(
                self._selection.source_ids,
                self._selection.since,
                self._selection.until,
                after=self.place,
            )
        most = self.pace.at_once(AT_ONCE)
        found: list[Stored] = []
        events = size = 0
        while (stored := self._following()) is not None:
            events += stored.record.count
            size += len(stored.record.body)
            if found and (events > most or size > _READ_BYTES or len(found) >= _READ_AT_ONCE):
                self._held = stored
                break
            found.append(stored)
        return found

    def _following(self) -> Stored | None:
        held, self._held = self._held, None
        return held if held is not None else next(self._reading, None)


async def missing(
    warehouse: Looking, workspace_id: str, slugs: dict[str, str], meant: Sequence[Meant]
) -> list[Meant]:
    """The events that the warehouse does not have."""
    present: set[tuple[str, str]] = set()
    for source_id in {each.source_id for each in meant}:
        if source_id not in slugs:
            continue
        ids = iter({each.message_id for each in meant if each.source_id == source_id})
        while some := tuple(islice(ids, AT_ONCE)):
            wanted = PresentLook(slugs[source_id], some)
            found = await look(warehouse, PRESENT, workspace_id, wanted, list[str])
            present |= {(source_id, each) for each in found}
    return [each for each in meant if (each.source_id, each.message_id) not in present]
