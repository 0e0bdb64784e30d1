"""Replays as the API and the pages use them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from headwater import fql
from headwater.access import sources as access_sources
from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.archive.requests import StoredRequests
from headwater.errors import ConflictError, ForbiddenError, InvalidError, UnavailableError
from headwater.kit.ids import resource_id
from headwater.pipeline.event import Limits
from headwater.ports import Log
from headwater.quarantine.appending import Replays as Appending
from headwater.quarantine.deciding import blocking
from headwater.queries.looks import Looking
from headwater.replays import previewing, store
from headwater.replays.model import (
    FASTEST,
    MOST_RUNS,
    Preview,
    Run,
    RunState,
    Selection,
    ShownRun,
    Target,
)
from headwater.replays.previewing import Previewing
from headwater.replays.running import Runner, Sleep, missing
from headwater.spec.again import Mode
from headwater.workspaces.model import Configuration, Source

_ACTIONS: Final = {
    RunState.RUNNING: "Replay Resumed",
    RunState.PAUSED: "Replay Paused",
    RunState.CANCELLED: "Replay Cancelled",
}


class Replays:
    """Starts replays and tells how far they are. For one event loop."""

    def __init__(
        self,
        changes: Changes,
        log: Log,
        requests: StoredRequests,
        appending: Appending,
        warehouse: Looking,
        configuration: Callable[[], Configuration | None],
        limits: Limits,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._changes = changes
        self._requests = requests
        self._warehouse = warehouse
        self._configuration = configuration
        self._limits = limits
        self.runner = Runner(
            changes, log, requests, appending, warehouse, configuration, limits, sleep
        )

    async def preview(
        self, by: Principal, selection: Selection, mode: Mode = Mode.AGAIN
    ) -> Preview:
        """What a replay would send again. Raises FqlError, InvalidError and ForbiddenError."""
        sources = await blocking(self._allowed, by, selection)
        wanted = _within(selection, sources, self._changes.clock.now())
        configuration = self._configured()
        looking = await blocking(Previewing, self._requests, configuration, wanted, self._limits)
        slugs = {source.id: source.slug for source in sources}
        while (meant := await blocking(looking.part)) is not None:
            if mode is Mode.MISSING:
                meant = await missing(self._warehouse, by.workspace_id, slugs, meant)
                looking.tally.missing += sum(each.events for each in meant)
            looking.tally.add(meant)
        available = await blocking(previewing.available, self._requests, wanted.source_ids)
        return previewing.shown(looking.tally, available, counts_missing=mode is Mode.MISSING)

    async def start(
        self,
        by: Principal,
        selection: Selection,
        mode: Mode = Mode.AGAIN,
        rate: int = 0,
        target: str = Target.WAREHOUSE,
    ) -> ShownRun:
        """Begin a replay; it goes on after this returns.

        Raises FqlError, InvalidError, ForbiddenError and ConflictError.
        """
        if target != Target.WAREHOUSE:
            raise InvalidError(
                f"target: events cannot be replayed to {target[:60]!r}.",
                field="target",
                hint="The warehouse is what replays go to: leave it out, or write warehouse.",
            )
        if not 0 <= rate <= FASTEST:
            raise InvalidError(f"rate: must be from 0 to {FASTEST:,}.", field="rate")
        if selection.condition.strip():
            fql.compile(selection.condition)
        sources = await blocking(self._allowed, by, selection)
        now = self._changes.clock.now()
        run = Run(
            id=resource_id(),
            workspace_id=by.workspace_id,
            actor=by.actor,
            actor_name=by.name,
            at=now,
            mode=mode,
            selection=_within(selection, sources, now),
            rate=rate,
        )
        await blocking(self._note, by, run)
        self.runner.wake()
        return run.shown(now)

    async def runs(self, by: Principal) -> list[ShownRun]:
        """The replays of sources that the caller may see, the newest first."""
        seen = {each.id for each in await blocking(access_sources.listed, self._changes, by)}
        all_seen = by.may(Permission.SOURCE_READ)
        now = self._changes.clock.now()
        return [
            run.shown(now)
            for run in await blocking(self._runs, by.workspace_id)
            if all_seen or set(run.selection.source_ids) <= seen
        ]

    async def run(self, by: Principal, run_id: str) -> ShownRun:
        """One replay, as far as it is. Raises NotFoundError."""
        return (await self._seen(by, run_id)).shown(self._changes.clock.now())

    async def pause(self, by: Principal, run_id: str) -> ShownRun:
        """Send no more for now. Raises NotFoundError, ForbiddenError and ConflictError."""
        return await self._change(by, run_id, RunState.RUNNING, RunState.PAUSED)

    async def resume(self, by: Principal, run_id: str) -> ShownRun:
        """Go on. Raises NotFoundError, ForbiddenError and ConflictError."""
        return await self._change(by, run_id, RunState.PAUSED, RunState.RUNNING)

    async def cancel(self, by: Principal, run_id: str) -> ShownRun:
        """Send no more. What was sent is led through and loaded.

        Raises NotFoundError, ForbiddenError and ConflictError.
        """
        return await self._change(by, run_id, None, RunState.CANCELLED)

    async def _change(
        self, by: Principal, run_id: str, before: RunState | None, after: RunState
    ) -> ShownRun:
        seen = await self._seen(by, run_id)
        await blocking(self._require_all, by, seen.selection)
        await blocking(self._put, by, run_id, before, after)
        self.runner.wake()
        return await self.run(by, run_id)

    def _put(self, by: Principal, run_id: str, before: RunState | None, after: RunState) -> None:
        with self._changes.change(by) as step:
            run = store.run(step.connection, by.workspace_id, run_id)
            if run.state.is_over or (before is not None and run.state is not before):
                raise ConflictError(
                    f"The replay {run_id} is {run.state}.",
                    hint="One that runs can be paused, one that is paused can go on, and neither "
                    "of those that are over.",
                )
            store.change(step.connection, run, after, step.now)
            now = msgspec.structs.replace(run, state=after).shown(step.now)
            step.record(
                Change(_ACTIONS[after], "Replay", run_id, before=run.shown(step.now), after=now)
            )

    async def _seen(self, by: Principal, run_id: str) -> Run:
        run = await blocking(self._run, by.workspace_id, run_id)
        if not by.may(Permission.SOURCE_READ):
            for source_id in run.selection.source_ids:
                await blocking(access_sources.one, self._changes, by, source_id)
        return run

    def _allowed(self, by: Principal, selection: Selection) -> list[Source]:
        """The selection's sources; where it names none, all that the caller may replay."""
        seen = access_sources.listed(self._changes, by)
        if selection.condition.strip():
            # Counts would tell what events hold.
            seen = [e for e in seen if by.may(Permission.PII_READ, access_sources.resource(e))]
        may = [
            each
            for each in seen
            if each.enabled and by.may(Permission.SOURCE_ADMIN, access_sources.resource(each))
        ]
        if not selection.source_ids:
            if not may and by.may(Permission.SOURCE_ADMIN) and not seen:
                raise ConflictError("There is no source yet.", code="nothing_selected")
            if not may:
                raise _forbidden()
            return may
        by_id = {each.id: each for each in may}
        for source_id in selection.source_ids:
            if source_id in by_id:
                continue
            source = access_sources.one(self._changes, by, source_id)
            if source.enabled:
                raise _forbidden()
            raise InvalidError(
                f"sourceIds: the source {source.name!r} is switched off.",
                field="sourceIds",
                hint="Its events would all be kept aside: switch it on first.",
            )
        return [by_id[each] for each in dict.fromkeys(selection.source_ids)]

    def _require_all(self, by: Principal, selection: Selection) -> None:
        if by.may(Permission.SOURCE_ADMIN):
            return
        found = {each.id: each for each in access_sources.listed(self._changes, by)}
        for source_id in selection.source_ids:
            source = found.get(source_id)
            if source is None or not by.may(
                Permission.SOURCE_ADMIN, access_sources.resource(source)
            ):
                raise _forbidden()

    def _configured(self) -> Configuration:
        configuration = self._configuration()
        if configuration is None:
            raise UnavailableError("The configuration is not published yet.")
        return configuration

    def _note(self, by: Principal, run: Run) -> None:
        with self._changes.change(by) as step:
            store.begin(step.connection, run)
            step.record(Change("Replay Started", "Replay", run.id, after=run.shown(run.at)))

    def _run(self, workspace_id: str, run_id: str) -> Run:
        with self._changes.reading() as connection:
            return store.run(connection, workspace_id, run_id)

    def _runs(self, workspace_id: str) -> list[Run]:
        with self._changes.reading() as connection:
            return store.runs(connection, workspace_id, MOST_RUNS)


def _within(selection: Selection, sources: Sequence[Source], now: int) -> Selection:
    """The selection with its sources named and ending now: what comes later is led through today's
    rules anyway. Raises InvalidError."""
    until = min(selection.until, now + 1)
    if selection.since >= until:
        raise InvalidError(
            "since: is not before until.", field="since", hint="Choose a time that is over."
        )
    ids = tuple(source.id for source in sources)
    return msgspec.structs.replace(selection, source_ids=ids, until=until)


def _forbidden() -> ForbiddenError:
    return ForbiddenError(
        "This needs the permission source.admin on the events' sources.",
        hint="Ask an owner of the workspace for a role that has it.",
    )
