"""Stored events: searched, and one followed through all stages."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import hidden, visible
from headwater.debugger.masking import masked_trace
from headwater.debugger.model import Trace
from headwater.errors import ForbiddenError
from headwater.queries.times import moment
from headwater.search.masking import masked, masked_event
from headwater.search.model import (
    MOST_EVENTS,
    MOST_TERMS,
    Found,
    FoundEvent,
    Search,
)
from headwater.search.terms import term_of
from headwater.workspaces.model import Source

_Text = Annotated[str, Meta(max_length=1000)]


class EventsQuery(msgspec.Struct, frozen=True):
    """Which events are looked for: those that fulfil all that is given."""

    source: Annotated[
        tuple[str, ...], Meta(max_length=1000, description="Of these: id, slug or name.")
    ] = ()
    person: Annotated[
        str, Meta(max_length=1000, description="A userId, an anonymousId or an e-mail address.")
    ] = ""
    event: Annotated[
        str, Meta(max_length=1000, description="The name as sent, or its table's.")
    ] = ""
    type: _Text = ""
    text: Annotated[
        str, Meta(max_length=1000, description="Anywhere in the event, in any letter case.")
    ] = ""
    since: Annotated[str, Meta(description="Received at or after this time, ISO 8601.")] = ""
    until: Annotated[str, Meta(description="Received before this time, ISO 8601.")] = ""
    property: Annotated[
        tuple[str, ...],
        Meta(
            max_length=MOST_TERMS,
            description="`properties.plan=pro` equals, `~` contains, a bare path exists.",
        ),
    ] = ()
    cursor: _Text = ""
    count: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 50


class OneTrace(msgspec.Struct, frozen=True):
    """An event's way."""

    trace: Trace


async def index(call: Call) -> Response:
    """The newest first. Who may not see personal data of a source gets its events masked, and
    finds them by name, type and time alone."""
    asked = call.asked(EventsQuery)
    sources = await visible(call, asked.source)
    unseen = hidden(call, sources)
    if unseen and (asked.person or asked.text or asked.property):
        sources = _readable(sources, unseen)
    wanted = Search(
        person=asked.person,
        event=asked.event,
        type=asked.type,
        text=asked.text,
        properties=tuple(map(term_of, asked.property)),
        since=moment(asked.since, name="since") if asked.since else None,
        until=moment(asked.until, name="until") if asked.until else None,
        cursor=asked.cursor,
        count=asked.count,
    )
    found = await call.context.backends.search.events(call.principal.workspace_id, sources, wanted)
    if any(source.id not in unseen for source in sources):
        call.context.changes.record_read(call.principal, "events", call.request.url.query)
    found.events = [_shown(each, unseen) for each in found.events]
    return answer(Data(found))


def _readable(sources: Sequence[Source], unseen: frozenset[str]) -> list[Source]:
    """The sources in whose events may be searched by what they say of people."""
    found = [source for source in sources if source.id not in unseen]
    if not found:
        raise ForbiddenError(
            "To search by person, text or property needs the permission pii.read.",
            hint="Search by event, type and time, or ask an owner for a role that has it.",
        )
    return found


def _shown(event: FoundEvent, unseen: frozenset[str]) -> FoundEvent:
    if event.source_id not in unseen:
        return event
    return msgspec.structs.replace(
        event,
        user_id=masked(event.user_id),
        anonymous_id=masked(event.anonymous_id),
        json=masked_event(event.json),
    )


async def show(call: Call) -> Response:
    """The stages are received, pipeline, accepted, loaded and deliveries. `differences` lead from
    the event as it was received to the event as it is delivered."""
    message_id = call.path("message_id")
    sources = await visible(call)
    trace = await call.context.backends.debugger.trace(
        call.principal.workspace_id, sources, message_id
    )
    if trace.source_id in hidden(call, sources):
        trace = masked_trace(trace)
    else:
        call.context.changes.record_read(call.principal, "event", message_id)
    return answer(Data(OneTrace(trace)))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/events",
        OnSome(Permission.SOURCE_READ),
        index,
        Doc(
            "Search all stored events.",
            "Events",
            query=EventsQuery,
            answer=Data[Found],
            errors=(400, 404, 503),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/events/{message_id}",
        OnSome(Permission.SOURCE_READ),
        show,
        Doc(
            "Follow an event through all stages, by its messageId.",
            "Events",
            answer=Data[OneTrace],
            errors=(503,),
        ),
    ),
)
