"""The newest events of some sources, for pages: as they passed, masked where the visitor may not
see personal data, and noted in the audit trail where he does."""

from collections.abc import Sequence

import msgspec

from headwater.access import sources as access_sources
from headwater.access.permissions import Permission
from headwater.debugger.filters import Filter
from headwater.debugger.model import Seen, Trace
from headwater.search.masking import masked, masked_event, masked_text
from headwater.web.frame import Visit
from headwater.workspaces.model import Source


def may_see_people(visit: Visit, source: Source) -> bool:
    """Whether the visitor may see who a source's events are about."""
    return visit.principal.may(Permission.PII_READ, access_sources.resource(source))


async def recent(
    visit: Visit, sources: Sequence[Source], *, count: int = 100, fql: str = "", text: str = ""
) -> list[Seen]:
    """The newest events that a filter admits, newest first. Raises FqlError."""
    wanted = Filter.of(fql, text)
    ids = [each.id for each in sources]
    seen = await visit.context.backends.debugger.recent(ids, wanted, count=count)
    hidden = {each.id for each in sources if not may_see_people(visit, each)}
    if seen and len(hidden) < len(sources):
        visit.context.changes.record_read(visit.principal, "debugger", " ".join(ids)[:200])
    return [_hidden(each) if each.source_id in hidden else each for each in seen]


async def traced(visit: Visit, source: Source, message_id: str) -> Trace:
    """One event's way through the stages. Raises NotFoundError."""
    trace = await visit.context.backends.debugger.trace(
        visit.principal.workspace_id, [source], message_id
    )
    if may_see_people(visit, source):
        visit.context.changes.record_read(visit.principal, "event", message_id)
        return trace
    differences = [
        msgspec.structs.replace(each, before=masked(each.before), after=masked(each.after))
        for each in trace.differences
    ]
    return msgspec.structs.replace(
        trace,
        raw=None if trace.raw is None else masked_text(trace.raw),
        normalised=None if trace.normalised is None else masked_event(trace.normalised),
        differences=differences,
    )


def _hidden(seen: Seen) -> Seen:
    return msgspec.structs.replace(
        seen,
        user_id=masked(seen.user_id),
        anonymous_id=masked(seen.anonymous_id),
        ip=masked(seen.ip),
        raw=masked_text(seen.raw),
        normalised=None if seen.normalised is None else masked_event(seen.normalised),
    )
