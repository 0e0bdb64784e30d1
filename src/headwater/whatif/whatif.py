"""What-if as the API and the pages use it."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

import anyio.to_thread

from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.archive.requests import END_OF_TIME, StoredRequests
from headwater.errors import BadRequestError, HeadwaterError, InvalidError
from headwater.loading.model import Catalog
from headwater.loading.model import Limits as TableLimits
from headwater.pipeline.event import Limits
from headwater.ports import Log, Stored
from headwater.queries.looks import Looking, look
from headwater.queries.times import moment
from headwater.whatif.asked import Asked, Events
from headwater.whatif.model import (
    CATALOGUE,
    MOST_EVENTS,
    CatalogueLook,
    CatalogueRows,
    WhatIfResult,
)
from headwater.whatif.proposal import Supposition
from headwater.whatif.running import Run, Runs
from headwater.whatif.trial import Continue, Tables, Wanted, latest, pasted, what_if
from headwater.workspaces.model import Source

LONGEST_WAIT: Final = 30.0


class WhatIf:
    """Says what would be. For one event loop; close it with `close`."""

    def __init__(
        self,
        changes: Changes,
        log: Log,
        requests: StoredRequests,
        warehouse: Looking,
        limits: Limits,
        tables: TableLimits,
    ) -> None:
        self._changes = changes
        self._log = log
        self._requests = requests
        self._warehouse = warehouse
        self._limits = limits
        self._tables = tables
        self.runs = Runs(changes.clock)

    async def begin(
        self,
        by: Principal,
        sources: Sequence[Source],
        asked: Asked,
        supposition: Supposition,
    ) -> Run:
        """Begin a run over events of these sources, which the caller has seen to that they may be
        read. Raises BadRequestError, and ConflictError where too many wait."""
        chosen = named(sources, asked.events.source)
        events = asked.events
        if events.given and not chosen:
            raise BadRequestError("There is no source that could have sent these events.")
        since, until = _times(events)
        if not events.given:
            subject = " ".join(f"{step.kind} {step.key}" for step in supposition.steps)
            self._changes.record_read(by, "Events", f"what-if: {subject}")
        catalog = await self._catalogue(by.workspace_id, chosen)
        ids = frozenset(source.id for source in chosen)

        def requests() -> Iterable[Stored]:
            if events.given:
                return pasted(events.given, chosen[0].id, self._changes.clock.now())
            if since is None and until is None:
                return latest(self._log, ids, events.last)
            return self._requests.between(ids, since or 0, END_OF_TIME if until is None else until)

        def work(go_on: Continue) -> WhatIfResult:
            return what_if(
                requests(),
                supposition.before,
                supposition.after,
                Wanted(self._limits, _most(events), events.every, asked.samples),
                Tables(catalog, self._tables),
                go_on,
            )

        begin = partial(self.runs.begin, by.workspace_id, by.actor, asked, supposition)
        return await anyio.to_thread.run_sync(begin, work, _expected(events))

    async def _catalogue(self, workspace_id: str, sources: Sequence[Source]) -> Catalog | None:
        """The tables that there are; None where the warehouse does not say."""
        wanted = CatalogueLook([source.slug for source in sources])
        try:
            rows = await look(self._warehouse, CATALOGUE, workspace_id, wanted, CatalogueRows)
        except HeadwaterError:
            return None
        return Catalog.restore(rows.columns, rows.names)

    def close(self) -> None:
        """End all runs."""
        self.runs.close()


def named(sources: Sequence[Source], name: str) -> Sequence[Source]:
    """The sources of a name, slug or id; all for none. Raises InvalidError."""
    if not name:
        return sources
    found = [each for each in sources if name in (each.id, each.slug, each.name)]
    if not found:
        raise InvalidError(
            f"source: there is no source {name!r}.",
            field="events.source",
            hint="Name a source by its id, slug or name.",
        )
    return found


def _most(events: Events) -> int:
    """The most events to read: given and last ones are as many as they are."""
    return MOST_EVENTS if events.since is None and events.until is None else events.most


def _expected(events: Events) -> int:
    """About how many events will be read; 0 where that is not known."""
    if events.given:
        return len(events.given)
    return events.last if events.since is None and events.until is None else 0


def _times(events: Events) -> tuple[int | None, int | None]:
    """When the events were received, from and until. Raises BadRequestError."""
    since, until = (
        moment(value, name=name) if value else None
        for name, value in (("since", events.since), ("until", events.until))
    )
    if since is not None and until is not None and until <= since:
        raise InvalidError("until: must be later than since.", field="events.until")
    return since, until
