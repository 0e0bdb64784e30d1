"""/govern: the steps that events go through, in their order, with what is set in each."""

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError
from headwater.schemas.model import EventSeen
from headwater.web.frame import Page, Visit
from headwater.web.governed import sources_by_id
from headwater.web.pages.source import source_of
from headwater.web.steps import stages
from headwater.workspaces.model import Source

_MOST_SOURCES: Final = 5
_MOST_EVENTS: Final = 6
_MOST_NAMES: Final = 500


async def index(visit: Visit) -> Response:
    """All steps, or those of one source."""
    known = await sources_by_id(visit)
    source = known.get(visit.query("source"))
    return visit.render(
        "govern/steps.html",
        stages=await stages(visit, source),
        sources=list(known.values()),
        source=source,
    )


async def of_source(visit: Visit) -> Response:
    """What happens to the events of a source."""
    source = await source_of(visit)
    return visit.render(
        "source/steps.html",
        source=source,
        stages=await stages(visit, source),
    )


async def seen(visit: Visit) -> Response:
    """The paths and the names of events that sources send, for forms to suggest."""
    found = list((await sources_by_id(visit)).values())[:_MOST_SOURCES]
    events = [(source, each) for source in found for each in await _events(visit, source)]
    names = dict.fromkeys(each.event for _, each in events if each.event)
    asked = [
        (source, each)
        for source in found
        for each in [one for of, one in events if of is source][:_MOST_EVENTS]
    ]
    paths = await asyncio.gather(*(_paths(visit, source, each) for source, each in asked))
    every = dict.fromkeys(path for some in paths for path in some)
    return visit.json({"events": list(names)[:_MOST_NAMES], "paths": sorted(every)[:_MOST_NAMES]})


async def _events(visit: Visit, source: Source) -> Sequence[EventSeen]:
    schemas = visit.context.backends.schemas
    try:
        found = await schemas.events(visit.principal.workspace_id, source.slug)
    except HeadwaterError:
        return []
    return sorted(found, key=lambda each: -each.count_recent)


async def _paths(visit: Visit, source: Source, event: EventSeen) -> list[str]:
    schemas = visit.context.backends.schemas
    try:
        found = await schemas.properties(
            visit.principal.workspace_id, source.slug, event.type, event.event
        )
    except HeadwaterError:
        return []
    return [each.path for each in found.properties]


PAGES = (
    Page("GET", "/govern", Permission.PLAN_READ, index),
    Page("GET", "/govern/seen", OnSome(Permission.SOURCE_READ), seen),
    Page("GET", "/sources/{source_id}/steps", Permission.PLAN_READ, of_source),
)
