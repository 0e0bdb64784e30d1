"""The quarantine as the API and the pages use it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any

from headwater.access import sources as access_sources
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ForbiddenError
from headwater.governing import compile_program, made_of
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Programs
from headwater.ports import Log
from headwater.quarantine import store
from headwater.quarantine.appending import Replays
from headwater.quarantine.deciding import Decider, blocking
from headwater.quarantine.model import Fix, Kept, KeptPage, Preview, ReasonCount, Run, Selection
from headwater.quarantine.reading import Reader, Sources
from headwater.queries.looks import Looking
from headwater.webhooks.model import Made
from headwater.workspaces.model import Configuration, Source


class Quarantine:
    """Reads the quarantine and decides about what lies there. For one event loop.

    What reads takes the selection as it is: who calls names in it the sources that the asker may
    see (none named: all of the workspace). What decides asks for the permission itself.
    """

    def __init__(
        self,
        changes: Changes,
        log: Log,
        warehouse: Looking,
        configuration: Callable[[], Configuration | None],
        limits: Limits,
        replays: Replays | None = None,
    ) -> None:
        """`replays` is handed in where others append to the same partition of the log."""
        held = Replays(log, self.pending) if replays is None else replays
        self._changes = changes
        self._configuration = configuration
        self._limits = limits
        self._reader = Reader(warehouse, changes.clock, self._remade)
        self._decider = Decider(changes, held, warehouse, self._reader, self._remade)

    def pending(self) -> set[str]:
        """The chunks that are decided and not known to be carried out."""
        with self._changes.reading() as connection:
            return {chunk.id for chunk in store.chunks(connection)}

    async def resume(self) -> None:
        """Go on with what a stop of the server has cut short."""
        await self._decider.resume()

    async def aclose(self) -> None:
        """Stop what is under way; it goes on at the next start."""
        await self._decider.aclose()

    @property
    def tasks(self) -> Collection["asyncio.Task[None]"]:
        """What goes on after the call that began it."""
        return self._decider.tasks

    def dismissed(self, workspace_id: str) -> int:
        """How many events of a workspace are dismissed."""
        return self._decider.dismissed(workspace_id)

    async def reasons(
        self, workspace_id: str, sources: Sequence[Source] | None = None
    ) -> list[ReasonCount]:
        """The reasons of the open events of these sources (None: of all that there are and were),
        the most frequent first."""
        ids = None if sources is None else {source.id for source in sources}
        return await self._reader.reasons(workspace_id, ids)

    async def events(
        self, workspace_id: str, selection: Selection, cursor: str = "", count: int = 50
    ) -> KeptPage:
        """A page of events, the newest first. Raises BadRequestError."""
        return await self._reader.events(workspace_id, None, selection, cursor, count)

    async def event(self, workspace_id: str, key: str) -> Kept:
        """One event, whatever was decided about it. Raises NotFoundError."""
        return await self._reader.event(workspace_id, None, key)

    async def preview(
        self,
        workspace_id: str,
        selection: Selection,
        fixes: Sequence[Fix] = (),
        count: int = 20,
        raw: str | None = None,
    ) -> Preview:
        """What a replay would do, tried on the newest events. Raises BadRequestError."""
        return await self._reader.preview(
            workspace_id,
            None,
            selection,
            fixes,
            known=self._known(),
            limits=self._limits,
            count=count,
            raw=raw,
            programs=self._programs(),
        )

    async def export(self, workspace_id: str, selection: Selection) -> AsyncIterator[bytes]:
        """The events of a selection as JSON lines, the newest first.

        Raises UnavailableError before it returns.
        """
        return await self._reader.export(workspace_id, None, selection)

    async def replay(
        self,
        by: Principal,
        selection: Selection,
        fixes: Sequence[Fix] = (),
        raw: str | None = None,
    ) -> Run:
        """Send events on again, mended; with `raw`, one event as it was edited.

        Raises BadRequestError, ConflictError and ForbiddenError. What takes long goes on after
        this returns.
        """
        return await self._decider.replay(by, await self._changeable(by), selection, fixes, raw)

    async def dismiss(self, by: Principal, selection: Selection) -> Run:
        """Take events off the list. Raises ConflictError and ForbiddenError."""
        return await self._decider.dismiss(by, await self._changeable(by), selection)

    async def restore(self, by: Principal, run_id: str) -> Run:
        """Take a dismissal back. Raises NotFoundError, ConflictError and ForbiddenError."""
        allowed = await self._changeable(by)
        if allowed is not None:
            concerned = (await self.run(by.workspace_id, run_id)).selection.source_ids
            if not concerned or not set(concerned) <= set(allowed):
                by.require(Permission.SOURCE_ADMIN)
        return await self._decider.restore(by, run_id)

    async def runs(self, workspace_id: str) -> list[Run]:
        """What was decided, the newest first."""
        return await self._decider.runs(workspace_id)

    async def run(self, workspace_id: str, run_id: str) -> Run:
        """One run, as far as it is. Raises NotFoundError."""
        return await self._decider.run(workspace_id, run_id)

    async def _changeable(self, by: Principal) -> Sources:
        """The sources about whose events the caller may decide; None for all."""
        if by.may(Permission.SOURCE_ADMIN):
            return None
        found = await blocking(access_sources.listed, self._changes, by)
        ids = {
            each.id
            for each in found
            if by.may(Permission.SOURCE_ADMIN, access_sources.resource(each))
        }
        if not ids:
            raise ForbiddenError(
                "This needs the permission source.admin on the events' source.",
                hint="Ask an owner of the workspace for a role that has it.",
            )
        return ids

    def _programs(self) -> Programs:
        configuration = self._configuration()
        return NO_PROGRAMS if configuration is None else compile_program(configuration)

    def _remade(self, source_id: str, request: dict[str, Any]) -> Made:
        configuration = self._configuration()
        if configuration is None:
            return Made(failed="The configuration is not known yet.")
        [made] = made_of(configuration, source_id, [request])
        return made

    def _known(self) -> Mapping[str, Source]:
        configuration = self._configuration()
        return {} if configuration is None else configuration.by_id()
