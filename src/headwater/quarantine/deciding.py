"""Sending quarantined events on again, dismissing them, and taking a dismissal back.

What is decided about an event is written to the state database before anything is done, and only
once; with it, in the same transaction, stands what is to be done. Then the log is told, the note
beside the appended events saying which chunk they were, and then the warehouse. So a stop at any
moment loses nothing and sends nothing on twice: what the log has a note of was appended, and the
rest is done at the next start.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

import anyio.to_thread
import msgspec

from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.errors import BadRequestError, ConflictError, HeadwaterError
from headwater.kit.ids import resource_id
from headwater.kit.logging import logger
from headwater.quarantine import fixes, store
from headwater.quarantine.appending import Replays
from headwater.quarantine.model import (
    DECIDE,
    MOST_RUNS,
    DecideLook,
    Fix,
    KeptRow,
    Kind,
    Place,
    Run,
    RunState,
    Selection,
    State,
)
from headwater.quarantine.reading import Reader, Sources, place_of, within
from headwater.quarantine.replaying import Remake, Replay, entry, replay_of
from headwater.quarantine.store import Begun, Chunk
from headwater.queries.looks import Looking, look

AT_ONCE: Final = 500
MOST_EVENTS: Final = 500_000
_STATES: Final = {Kind.REPLAY: State.REPLAYED, Kind.DISMISS: State.DISMISSED}
_ACTIONS: Final = {
    Kind.REPLAY: "Quarantined Events Replayed",
    Kind.DISMISS: "Quarantined Events Dismissed",
    Kind.RESTORE: "Quarantined Events Restored",
}
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 60.0
_log = logger("quarantine")
T = TypeVar("T")


class Decider:
    """Decides about quarantined events. For one event loop; close it with `aclose`."""

    def __init__(
        self,
        changes: Changes,
        replays: Replays,
        warehouse: Looking,
        reader: Reader,
        remake: Remake,
    ) -> None:
        self._changes = changes
        self._remake = remake
        self._warehouse = warehouse
        self._reader = reader
        self._replays = replays
        self._one_at_a_time = asyncio.Lock()
        self.tasks: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Stop what is under way (it goes on at the next start) and let go of the log."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await blocking(self._replays.close)

    async def replay(
        self,
        by: Principal,
        sources: Sources,
        selection: Selection,
        mending: Sequence[Fix] = (),
        raw: str | None = None,
    ) -> Run:
        """Send events on again, mended; with `raw`, the one event of the selection as edited.

        What takes long goes on after this returns. Raises BadRequestError and ConflictError.
        """
        fixes.check(mending)
        edited = None if raw is None else fixes.require_event(raw)
        if edited is not None and len(selection.keys) != 1:
            raise BadRequestError("raw: goes with a selection of one key.")
        return await self._begin(by, sources, Kind.REPLAY, selection, tuple(mending), edited)

    async def dismiss(self, by: Principal, sources: Sources, selection: Selection) -> Run:
        """Take events off the list of those to look at. Raises ConflictError."""
        return await self._begin(by, sources, Kind.DISMISS, selection)

    async def restore(self, by: Principal, run_id: str) -> Run:
        """Take a dismissal back. Raises NotFoundError and ConflictError."""
        undone = await blocking(self._run, by.workspace_id, run_id)
        if undone.kind is not Kind.DISMISS or undone.state is not RunState.DONE:
            raise ConflictError(
                f"The run {run_id} cannot be taken back.",
                hint="Only a dismissal that is done can: a replayed event is on its way.",
            )
        run = self._new(by, Kind.RESTORE, undone.selection, total=undone.events, undone=run_id)
        await blocking(self._note, by, run)
        return await self._carry_out(run)

    async def runs(self, workspace_id: str) -> list[Run]:
        """What was done, the newest first."""
        return [run.shown() for run in await blocking(self._runs, workspace_id)]

    async def run(self, workspace_id: str, run_id: str) -> Run:
        """One run, as far as it is. Raises NotFoundError."""
        return (await blocking(self._run, workspace_id, run_id)).shown()

    def dismissed(self, workspace_id: str) -> int:
        """How many events of a workspace are dismissed."""
        with self._changes.reading() as connection:
            return store.dismissed(connection, workspace_id)

    async def resume(self) -> None:
        """Go on with what a stop has cut short: what was decided, then what was begun. Waits for
        the warehouse where it is not there yet."""
        wait = _FIRST_WAIT_SECONDS
        while not await self._has_told_the_rest():
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        for run in await blocking(self._unfinished):
            self._go_on(run)

    async def _begin(
        self,
        by: Principal,
        sources: Sources,
        kind: Kind,
        selection: Selection,
        mending: tuple[Fix, ...] = (),
        edited: dict[str, object] | None = None,
    ) -> Run:
        wanted = within(selection, sources)
        if wanted is None or selection.state is not State.OPEN:
            raise ConflictError("There is no open event to decide about.", code="nothing_selected")
        now = self._changes.clock.now()
        until = now if wanted.until is None else min(wanted.until, now)
        wanted = msgspec.structs.replace(wanted, until=until)
        counts = await self._reader.counts(by.workspace_id, wanted)
        total = sum(each.count for each in counts)
        if total == 0:
            raise ConflictError(
                "There is no open event to decide about.",
                hint="Somebody may have decided already: look at the runs.",
                code="nothing_selected",
            )
        if total > MOST_EVENTS:
            raise BadRequestError(
                f"These are {total:,} events, and a run may decide about {MOST_EVENTS:,}.",
                hint="Narrow the selection: one source, or a shorter time.",
                code="too_many_events",
            )
        run = self._new(by, kind, wanted, mending, total=total)
        await blocking(self._note, by, run)
        return await self._carry_out(run, edited)

    def _new(
        self,
        by: Principal,
        kind: Kind,
        selection: Selection,
        mending: tuple[Fix, ...] = (),
        *,
        total: int,
        undone: str = "",
    ) -> Begun:
        return Begun(
            id=resource_id(),
            workspace_id=by.workspace_id,
            kind=kind,
            actor=by.actor,
            actor_name=by.name,
            at=self._changes.clock.now(),
            selection=selection,
            fixes=mending,
            total=total,
            undone=undone,
        )

    async def _carry_out(self, run: Begun, edited: dict[str, object] | None = None) -> Run:
        """Do the first part of a run at once; the rest goes on while the caller is answered.

        So does what cannot be done now, such as while the disk is full.
        """
        try:
            after = await self._part(run, None, edited)
        except HeadwaterError as error:
            _log.warning("run.waits", run=run.id, error=error.message)
            self._go_on(run, edited=edited)
        else:
            if after is not None:
                self._go_on(run, after)
        return await self.run(run.workspace_id, run.id)

    def _go_on(
        self, run: Begun, after: Place | None = None, edited: dict[str, object] | None = None
    ) -> None:
        task = asyncio.create_task(self._to_the_end(run, after, edited))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _to_the_end(
        self, run: Begun, after: Place | None, edited: dict[str, object] | None
    ) -> None:
        at, wait, is_over = after, _FIRST_WAIT_SECONDS, False
        while not is_over:
            try:
                await self._tell_the_rest()
                at = await self._part(run, at, edited)
                is_over, wait = at is None, _FIRST_WAIT_SECONDS
            except HeadwaterError as error:
                _log.warning("run.waits", run=run.id, error=error.message)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    async def _has_told_the_rest(self) -> bool:
        try:
            await self._tell_the_rest()
        except HeadwaterError as error:
            _log.warning("decisions.wait", error=error.message)
            return False
        return True

    async def _tell_the_rest(self) -> None:
        """Carry out what was decided and not carried out."""
        async with self._one_at_a_time:
            for chunk in await blocking(self._chunks):
                await self._tell(chunk)

    async def _part(
        self, run: Begun, after: Place | None, edited: dict[str, object] | None = None
    ) -> Place | None:
        """Decide about the next events of a run. Returns where to go on; None at the end."""
        async with self._one_at_a_time:
            if run.kind is Kind.RESTORE:
                return await self._restore_part(run)
            rows = await self._reader.rows(run.workspace_id, run.selection, after, AT_ONCE)
            chunk = await blocking(self._decide, run, rows, edited, len(rows) < AT_ONCE)
            if chunk is not None:
                await self._tell(chunk)
        return place_of(rows[-1]) if len(rows) == AT_ONCE else None

    def _decide(
        self,
        run: Begun,
        rows: Sequence[KeptRow],
        edited: dict[str, object] | None,
        is_last: bool,
    ) -> Chunk | None:
        """Write what is decided about these events, and what is to be done."""
        replays: list[Replay | None] = [None] * len(rows)
        able = list(rows)
        if run.kind is Kind.REPLAY:
            replays = [replay_of(row, run.fixes, edited, self._remake) for row in rows]
            able = [row for row, replay in zip(rows, replays, strict=True) if replay is not None]
        state = _STATES[run.kind]
        with self._changes.noting() as connection:
            decided = store.decide(connection, run, state, [row.key for row in able])
            chosen = tuple(each for each in replays if each is not None and each.key in decided)
            events = sum(row.key in decided for row in able)
            store.advance(connection, run.id, events=events, skipped=len(rows) - len(able))
            if is_last:
                store.finish(connection, run.id)
            # Also what was decided before and is still shown as open: the warehouse forgot.
            keys = tuple(dict.fromkeys(row.key for row in able))
            if not keys:
                return None
            chunk = Chunk(resource_id(), run.workspace_id, state, keys, chosen)
            store.keep_chunk(connection, chunk)
        return chunk

    async def _restore_part(self, run: Begun) -> Place | None:
        chunk = await blocking(self._undecide, run)
        if chunk is None:
            return None
        await self._tell(chunk)
        return Place(0, "") if len(chunk.keys) == AT_ONCE else None

    def _undecide(self, run: Begun) -> Chunk | None:
        with self._changes.noting() as connection:
            keys = store.decided_by(connection, run.undone, AT_ONCE)
            if len(keys) < AT_ONCE:
                store.finish(connection, run.id)
            if not keys:
                return None
            store.undecide(connection, run.workspace_id, keys)
            store.advance(connection, run.id, events=len(keys), skipped=0)
            chunk = Chunk(resource_id(), run.workspace_id, State.OPEN, tuple(keys))
            store.keep_chunk(connection, chunk)
        return chunk

    async def _tell(self, chunk: Chunk) -> None:
        """Carry out what was decided: the log first, for the warehouse's note can be made again."""
        if chunk.replays:
            await blocking(self._replays.append, entry(chunk.replays, chunk.id))
        wanted = DecideLook(chunk.keys, chunk.state)
        await look(self._warehouse, DECIDE, chunk.workspace_id, wanted, int)
        await blocking(self._remove, chunk)

    def _remove(self, chunk: Chunk) -> None:
        with self._changes.noting() as connection:
            store.remove_chunk(connection, chunk.id)
        self._replays.done(chunk.id)

    def _note(self, by: Principal, run: Begun) -> None:
        """Note a run, with an entry in the audit trail."""
        with self._changes.change(by) as step:
            store.begin(step.connection, run)
            after = msgspec.structs.replace(run.shown(), events=run.total)
            step.record(Change(_ACTIONS[run.kind], "Quarantine", run.id, after=after))

    def _run(self, workspace_id: str, run_id: str) -> Begun:
        with self._changes.reading() as connection:
            return store.run(connection, workspace_id, run_id)

    def _runs(self, workspace_id: str) -> list[Begun]:
        with self._changes.reading() as connection:
            return store.runs(connection, workspace_id, MOST_RUNS)

    def _chunks(self) -> list[Chunk]:
        with self._changes.reading() as connection:
            return store.chunks(connection)

    def _unfinished(self) -> list[Begun]:
        with self._changes.reading() as connection:
            return store.unfinished(connection)


async def blocking(work: Callable[..., T], *arguments: object) -> T:
    """What work on a thread of its own results in."""
    return await anyio.to_thread.run_sync(partial(work, *arguments))
