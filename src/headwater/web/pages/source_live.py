"""/sources/{id}/…: what a source sends, as it passes and as it was seen: the debugger, the schema,
the imports."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.debugger.model import Seen
from headwater.errors import FqlError, NotFoundError, UnavailableError
from headwater.imports import record
from headwater.imports.record import ImportState
from headwater.schemas.model import EventSchema, EventSeen
from headwater.spec import EVENT_TYPES
from headwater.web.formats import moment
from headwater.web.frame import Page, Visit
from headwater.web.live_events import may_see_people, recent, traced
from headwater.web.moments import micros
from headwater.web.pages.source import may_change, source_of, ways

_READ: Final = OnSome(Permission.SOURCE_READ)


async def debugger(visit: Visit) -> Response:
    """The newest events; the page's script goes on from there."""
    source = await source_of(visit)
    fql, text = visit.query("fql"), visit.query("text")
    wrong: FqlError | None = None
    seen: list[Seen] = []
    try:
        seen = await recent(visit, [source], fql=fql, text=text)
    except FqlError as error:
        wrong = error
    except UnavailableError:
        pass
    return visit.render(
        "source/debugger.html",
        400 if wrong else 200,
        source=source,
        seen=seen,
        clock_times=[_clock_time(visit, each) for each in seen],
        fql=fql,
        text=text,
        wrong=wrong,
        wrong_as_said=visit.problem(wrong) if wrong else None,
    )


def _clock_time(visit: Visit, seen: Seen) -> str:
    """When an event was received, without its day, in the visitor's zone."""
    at = micros(seen.received_at)
    return moment(at, visit.locale, visit.zone, "precise")[11:] if at else ""


async def event(visit: Visit) -> Response:
    """One event's whole way; the debugger's script shows this page's article beside the stream."""
    source = await source_of(visit)
    trace = await traced(visit, [source], visit.path("message_id"))
    received = _decoded(trace.raw)
    known = trace.normalised or (received if isinstance(received, dict) else {})
    return visit.render(
        "source/event.html",
        source=source,
        trace=trace,
        received=received,
        event_name=str(known.get("event") or known.get("name") or known.get("type") or ""),
        event_type=str(known.get("type") or ""),
        sees_people=may_see_people(visit, source),
    )


def _decoded(raw: str | None) -> object:
    try:
        return msgspec.json.decode(raw) if raw else None
    except (msgspec.DecodeError, RecursionError):
        return None


async def schema(visit: Visit) -> Response:
    """Every event that the source sent."""
    source = await source_of(visit)
    events: list[EventSeen] | None = None
    try:
        found = await visit.context.backends.schemas.events(
            visit.principal.workspace_id, source.slug
        )
        events = list(found)
    except UnavailableError:
        pass
    text = visit.query("q").strip().casefold()
    shown = [
        each for each in events or () if not text or text in (each.event or each.type).casefold()
    ]
    return visit.render("source/schema.html", source=source, events=events, shown=shown)


async def schema_of_event(visit: Visit) -> Response:
    """Every property of one event."""
    source = await source_of(visit)
    type_ = visit.path("type")
    if type_ not in EVENT_TYPES:
        raise NotFoundError(f"There is no type of event {type_!r}.")
    found: EventSchema = await visit.context.backends.schemas.properties(
        visit.principal.workspace_id, source.slug, type_, visit.query("event") or None
    )
    if not found.count:
        raise NotFoundError(
            "This source has sent no such event.", hint="Its schema lists those that it sent."
        )
    sees_people = may_see_people(visit, source)
    if sees_people:
        visit.context.changes.record_read(visit.principal, "schema", source.id)
    return visit.render(
        "source/schema_event.html", source=source, schema=found, sees_people=sees_people
    )


async def imports(visit: Visit) -> Response:
    """Running and past imports into the source."""
    source = await source_of(visit)
    found = await run_in_threadpool(
        record.listed, visit.context.changes, visit.principal, {source.id}
    )
    uploads = visit.context.backends.uploads
    sent = await uploads.listed(visit.principal, source.id) if may_change(visit, source) else []
    return visit.render(
        "source/imports.html",
        uploads=sent,
        by_run={each.run_id: each for each in sent if each.run_id},
        largest=visit.context.settings.upload_max_bytes,
        source=source,
        imports=found,
        is_running=any(each.state is ImportState.RUNNING for each in found),
        sees_people=may_see_people(visit, source),
        may_change=may_change(visit, source),
        **ways(visit, source),
    )


PAGES = (
    Page("GET", "/sources/{source_id}/debugger", _READ, debugger),
    Page("GET", "/sources/{source_id}/debugger/{message_id:path}", _READ, event),
    Page("GET", "/sources/{source_id}/schema", _READ, schema),
    Page("GET", "/sources/{source_id}/schema/{type}", _READ, schema_of_event),
    Page("GET", "/sources/{source_id}/imports", _READ, imports),
)
