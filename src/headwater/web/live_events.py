"""The newest events of some sources, for pages: as they passed, masked where the visitor may not
see personal data, and noted in the audit trail where he does."""

from collections.abc import Sequence

from headwater.access import sources as access_sources
from headwater.access.permissions import Permission
from headwater.debugger.filters import Filter
from headwater.debugger.masking import masked_seen, masked_trace
from headwater.debugger.model import Seen, Trace
from headwater.search.model import StoredEvent
from headwater.web.frame import Visit
from headwater.workspaces.model import Source


def may_see_people(visit: Visit, source: Source) -> bool:
    """Whether the visitor may see who a source's events are about."""
    return visit.principal.may(Permission.PII_READ, access_sources.resource(source))


async def recent(
    visit: Visit, sources: Sequence[Source], *, count: int = 100, fql: str = "", text: str = ""
) -> list[Seen]:
    """The newest events that a filter admits, newest first. Raises FqlError."""
    hidden = {each.id for each in sources if not may_see_people(visit, each)}
    wanted = Filter.of(fql, text, hidden)
    seen = await visit.context.backends.debugger.recent(
        visit.principal.workspace_id, sources, wanted, count
    )
    if seen and len(hidden) < len(sources):
        ids = " ".join(each.id for each in sources)
        visit.context.changes.record_read(visit.principal, "debugger", ids)
    return [masked_seen(each) if each.source_id in hidden else each for each in seen]


async def traced(
    visit: Visit,
    sources: Sequence[Source],
    message_id: str,
    stored: Sequence[StoredEvent] | None = None,
) -> Trace:
    """One event's way through the stages; `stored` is what the warehouse has of it, where that is
    known. Raises NotFoundError."""
    trace = await visit.context.backends.debugger.trace(
        visit.principal.workspace_id, sources, message_id, stored
    )
    if not all(may_see_people(visit, each) for each in sources if each.id == trace.source_id):
        return masked_trace(trace)
    visit.context.changes.record_read(visit.principal, "event", message_id)
    return trace
