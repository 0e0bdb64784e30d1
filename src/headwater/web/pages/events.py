"""/events: every stored event, found by person, name, property and text; and each on its way."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.debugger.model import Trace
from headwater.errors import BadRequestError, ForbiddenError, NotFoundError, UnavailableError
from headwater.kit.cursors import Moment
from headwater.search.masking import masked, masked_event
from headwater.search.model import Found, FoundEvent, Search, StoredEvent
from headwater.spec import EVENT_TYPES
from headwater.web.event_search import (
    PERIODS,
    Asked,
    asked,
    chips,
    key_properties,
    search_of,
)
from headwater.web.frame import Page, Visit
from headwater.web.json_markup import json_markup
from headwater.web.live_events import may_see_people, traced
from headwater.web.moments import micros
from headwater.workspaces.model import Source

_READ: Final = OnSome(Permission.SOURCE_READ)
_NEIGHBOURS: Final = 5
_WINDOWS: Final = (10_000_000, 600_000_000, 86_400_000_000, 30 * 86_400_000_000)
"""How far after an event its person's next ones are looked for: first near, then far."""


class Line(msgspec.Struct, frozen=True):
    """An event as a line of a list."""

    path: str
    name: str
    type: str
    person: str
    source: str
    at: int | None
    properties: Sequence[tuple[str, str]]


class Around(msgspec.Struct, frozen=True):
    """What the same person did before and after an event, the newest first."""

    person: str
    after: Sequence[Line]
    before: Sequence[Line]


class StoredRow(msgspec.Struct, frozen=True):
    """A row of the warehouse that an event became, and the question that finds it."""

    table: str
    path: str
    sql: str
    values: Sequence[tuple[str, Any]]


async def index(visit: Visit) -> Response:
    every = await _sources(visit)
    wanted = asked(visit.request.query_params)
    problem = None
    found = Found(events=[])
    try:
        found = await _found(visit, every, wanted)
    except (BadRequestError, ForbiddenError, UnavailableError) as error:
        problem = visit.problem(error)
    return visit.render(
        "events/list.html",
        problem.status if problem else 200,
        wanted=wanted,
        lines=_lines(visit, every, found.events),
        found=found,
        chips=list(chips(wanted)) if problem is None else [],
        problem=problem,
        older=wanted.path(cursor=found.next) if found.next else "",
        searched_back_to=micros(found.searched_back_to),
        sources=every,
        types=EVENT_TYPES,
        periods=[(name, visit._(label)) for name, label, _ in PERIODS],
        names=await _names(visit),
    )


async def show(visit: Visit) -> Response:
    message_id = visit.path("message_id")
    every = await _sources(visit)
    if visit.query("around") == "part":
        return await _show_around(visit, every, message_id)
    stored = await visit.context.backends.search.event(
        visit.principal.workspace_id, every, message_id, _thought_at(visit)
    )
    if slug := visit.query("source"):
        stored = [each for each in stored if each.source == slug] or stored
    event = stored[0] if stored else None
    trace, around = await asyncio.gather(
        _trace(visit, every, message_id, event),
        _around(visit, every, event if visit.query("around") else None),
    )
    source = _source(every, event.source_id if event else trace.source_id if trace else "")
    if source is None:
        raise NotFoundError(
            f"There is no event {message_id!r}.",
            hint="It may still be on its way, or have been deleted.",
        )
    sees = may_see_people(visit, source)
    if sees and trace is None:
        visit.context.changes.record_read(visit.principal, "event", message_id)
    json = event.json if event else (trace.normalised if trace else None)
    shown = json if sees or json is None else masked_event(json)
    return visit.render(
        "events/event.html",
        message_id=message_id,
        event=event,
        trace=trace,
        source=source,
        sees_people=sees,
        json=shown,
        markup=json_markup(shown) if shown is not None else None,
        rows=_rows(event, sees=sees) if event else [],
        person=(event.user_id or event.anonymous_id) if event and sees else None,
        around=around,
        micros=micros,
        may_ask=visit.may((Permission.WAREHOUSE_READ, Permission.PII_READ)),
        copies=len(stored) - 1,
    )


async def _show_around(visit: Visit, every: Sequence[Source], message_id: str) -> Response:
    """The part of the page that says what the same person did before and after."""
    found = await visit.context.backends.search.event(
        visit.principal.workspace_id, every, message_id, _thought_at(visit)
    )
    event = next((each for each in found if visit.query("source") in ("", each.source)), None)
    around = await _around(visit, every, event)
    if around is None:
        raise NotFoundError(f"There is no event {message_id!r}.")
    return visit.render("events/around.html", around=around, event=event)


def _thought_at(visit: Visit) -> int | None:
    """When the event of this page was received, as the link to it says."""
    try:
        return msgspec.convert(visit.query("at") or None, Moment | None, strict=False)
    except msgspec.ValidationError:
        return None


async def _sources(visit: Visit) -> list[Source]:
    return await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)


def _source(every: Sequence[Source], source_id: str) -> Source | None:
    return next((each for each in every if each.id == source_id), None)


async def _found(visit: Visit, every: Sequence[Source], wanted: Asked) -> Found:
    search = search_of(wanted, visit.context.clock.now())
    among = [each for each in every if wanted.source in ("", each.slug, each.id)]
    if among and wanted.names_people:
        among = _readable(visit, among)
    found = await visit.context.backends.search.events(visit.principal.workspace_id, among, search)
    if any(may_see_people(visit, each) for each in among):
        visit.context.changes.record_read(visit.principal, "events", wanted.path())
    return found


def _readable(visit: Visit, among: Sequence[Source]) -> list[Source]:
    """The sources in whose events may be searched by what they say of people: elsewhere it would
    be told, even of masked events, whose they are."""
    found = [each for each in among if may_see_people(visit, each)]
    if not found:
        raise ForbiddenError(
            "To search by person, text or property needs the permission pii.read.",
            hint="Search by event, type and time, or ask an owner for a role that has it.",
        )
    return found


async def _names(visit: Visit) -> list[str]:
    """Event names to choose from; none where the visitor may not see all of them."""
    if not visit.may(Permission.WAREHOUSE_READ):
        return []
    try:
        contents = await visit.context.warehouse.contents(visit.principal.workspace_id)
    except UnavailableError:
        return []
    return sorted({each.event for each in contents.names})[:300]


async def _trace(
    visit: Visit, every: Sequence[Source], message_id: str, event: StoredEvent | None
) -> Trace | None:
    """The event's way, as the visitor may see it; None of an event that nothing is known of."""
    among = [each for each in every if event is None or each.id == event.source_id]
    try:
        return await traced(visit, among, message_id, [event] if event else [])
    except NotFoundError:
        return None


def _lines(visit: Visit, every: Sequence[Source], events: Sequence[FoundEvent]) -> list[Line]:
    by_id = {each.id: each for each in every}
    seen = {each.id: may_see_people(visit, each) for each in every}
    return [
        _line(each, by_id.get(each.source_id), sees=seen.get(each.source_id, False))
        for each in events
    ]


def _line(event: FoundEvent, source: Source | None, *, sees: bool) -> Line:
    person = event.user_id or event.anonymous_id or ""
    query = {"source": event.source, "at": micros(event.received_at) or ""}
    return Line(
        path=f"/events/{quote(event.message_id, safe='')}?{urlencode(query)}",
        name=event.event or event.name or event.type,
        type=event.type,
        person=person if sees else str(masked(person)),
        source=source.name if source else event.source,
        at=micros(event.received_at),
        properties=key_properties(event.json if sees else masked_event(event.json)),
    )


def _rows(event: StoredEvent, *, sees: bool) -> list[StoredRow]:
    return [
        StoredRow(
            table=each.table,
            path="/warehouse/tables/" + each.table.replace(".", "/", 1),
            sql=f"SELECT *\nFROM {_table(each.table)}\nWHERE id = {_text(event.message_id)}",
            values=[
                (name, value if sees else masked(value))
                for name, value in each.row.items()
                if value is not None
            ],
        )
        # The event's own table says most: `tracks` and `users` come after it.
        for each in sorted(event.rows, key=lambda each: each.table.endswith((".tracks", ".users")))
    ]


def _table(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'{schema}."{table}"' if table == "group" else f"{schema}.{table}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


async def _around(
    visit: Visit, every: Sequence[Source], event: StoredEvent | None
) -> Around | None:
    """The same person's events around this one; None of nobody, and of whom the visitor may not
    know."""
    every = [each for each in every if may_see_people(visit, each)]
    if event is None or _source(every, event.source_id) is None:
        return None
    person = event.user_id or event.anonymous_id
    at = micros(event.received_at)
    if not person or at is None:
        return None
    search = visit.context.backends.search
    workspace_id = visit.principal.workspace_id
    before, after = await asyncio.gather(
        search.events(workspace_id, every, Search(person=person, until=at, count=_NEIGHBOURS)),
        _after(visit, every, person, event.message_id, at),
    )
    return Around(
        person,
        _lines(visit, every, after),
        _lines(visit, every, before.events),
    )


async def _after(
    visit: Visit, every: Sequence[Source], person: str, message_id: str, at: int
) -> list[FoundEvent]:
    """The next events of a person after one, the newest first: of the next seconds, or later."""
    found: list[FoundEvent] = []
    for window in _WINDOWS:
        page = await visit.context.backends.search.events(
            visit.principal.workspace_id,
            every,
            Search(person=person, since=at, until=at + window, count=200),
        )
        found = [each for each in page.events if each.message_id != message_id]
        if len(found) >= _NEIGHBOURS:
            break
    return found[-_NEIGHBOURS:]


PAGES = (
    Page("GET", "/events", _READ, index),
    Page("GET", "/events/{message_id:path}", _READ, show),
)
