"""/quarantine: what was kept aside and why; mending it, sending it on again, or letting it be."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response, StreamingResponse

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import ForbiddenError, HeadwaterError, NotFoundError
from headwater.quarantine.meanings import MEANINGS, meaning_of, remedy_of
from headwater.quarantine.model import Kept, Preview, Selection, State
from headwater.web.frame import Page, Visit
from headwater.web.kept_aside import (
    among,
    changeable,
    indented,
    said,
    seen_sources,
    selection_of,
    shown,
)
from headwater.web.live_events import may_see_people
from headwater.web.marked_json import marked
from headwater.web.moments import micros
from headwater.workspaces.model import Source

_READ: Final = OnSome(Permission.SOURCE_READ)
_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)
_COUNT: Final = 50


class EventForm(msgspec.Struct):
    """An event as it was edited; `act` is `check` or `replay`."""

    raw: str = ""
    act: str = "check"


class ChosenForm(msgspec.Struct, kw_only=True):
    """Which events: those of a reason (and source, and name), or the ticked ones."""

    reason: str = ""
    source: str = ""
    event: str = ""
    key: list[str] = []


class RestoreForm(msgspec.Struct):
    run: str = ""


async def index(visit: Visit) -> Response:
    if reason := visit.query("reason"):
        query = {name: value for name in ("source", "event") if (value := visit.query(name))}
        where = f"/quarantine/reasons/{reason}"
        return visit.redirect(f"{where}?{urlencode(query)}" if query else where)
    every = await seen_sources(visit)
    backends = visit.context.backends
    concerned = None if visit.may(Permission.SOURCE_READ) else every
    found = await backends.quarantine.reasons(visit.principal.workspace_id, concerned)
    return visit.render(
        "quarantine/reasons.html",
        reasons=found,
        total=sum(each.count for each in found),
        today=sum(sum(each.trend) for each in found),
        meaning=lambda reason: said(visit, meaning_of(reason)),
        names={each.id: each.name for each in every},
        micros=micros,
        may_change=visit.may(_CHANGE),
    )


async def reason(visit: Visit) -> Response:
    """The events of one reason, the newest first."""
    every = await seen_sources(visit)
    name = visit.path("reason")
    state = _state(visit.query("state"))
    wanted = selection_of(visit, every, reason=name, state=state)
    page = await visit.context.backends.quarantine.events(
        visit.principal.workspace_id, wanted, visit.query("cursor"), _COUNT
    )
    events = [shown(visit, every, each) for each in page.events]
    if any(sees for _, sees in events):
        visit.context.changes.record_read(visit.principal, "quarantine", name)
    return visit.render(
        "quarantine/reason.html",
        reason=name,
        meaning=said(visit, meaning_of(name)),
        remedy=said(visit, remedy_of(name)),
        said=visit.translator.problem,
        state=state.value,
        events=[each for each, _ in events],
        next=page.next,
        sources=every,
        names={each.id: each.name for each in every},
        chosen=visit.query("source"),
        event=visit.query("event"),
        micros=micros,
        may_change=visit.may(_CHANGE),
    )


async def event(visit: Visit) -> Response:
    every = await seen_sources(visit)
    held = await _held(visit, every)
    return _event_page(visit, every, held)


async def change_event(visit: Visit) -> Response:
    """Try an edited event, or send it on."""
    every = await seen_sources(visit)
    held = await _held(visit, every)
    form = await visit.form(EventForm)
    quarantine = visit.context.backends.quarantine
    chosen = Selection(keys=(held.key,))
    try:
        if form.act == "replay":
            await quarantine.replay(visit.principal, chosen, raw=form.raw)
        else:
            tried = await quarantine.preview(
                visit.principal.workspace_id, chosen, (), 1, raw=form.raw
            )
            return _event_page(visit, every, held, raw=form.raw, tried=tried)
    except HeadwaterError as error:
        return _event_page(visit, every, held, raw=form.raw, error=error)
    return visit.redirect(
        f"/quarantine/reasons/{held.reason}", notice=visit._("The event is sent on again.")
    )


async def dismiss(visit: Visit) -> Response:
    every = changeable(visit, await seen_sources(visit))
    form = await visit.form(ChosenForm)
    wanted = selection_of(
        visit,
        every,
        reason=form.reason,
        source=form.source,
        event=form.event,
        keys=tuple(form.key),
        to=Permission.SOURCE_ADMIN,
    )
    await visit.context.backends.quarantine.dismiss(visit.principal, wanted)
    back = f"/quarantine/reasons/{form.reason}" if form.key and form.reason else "/quarantine"
    return visit.redirect(back, notice=visit._("Dismissed. The list of runs takes it back."))


async def restore(visit: Visit) -> Response:
    form = await visit.form(RestoreForm)
    await visit.context.backends.quarantine.restore(visit.principal, form.run)
    return visit.redirect("/quarantine/runs", notice=visit._("They are open again."))


async def runs(visit: Visit) -> Response:
    found = await visit.context.backends.quarantine.runs(visit.principal.workspace_id)
    return visit.render(
        "quarantine/runs.html",
        runs=found,
        is_running=any(each.state == "running" for each in found),
        micros=micros,
        meaning=lambda reason: said(visit, meaning_of(reason)) if reason in MEANINGS else reason,
        may_change=visit.may(Permission.SOURCE_ADMIN),
    )


async def export(visit: Visit) -> Response:
    """One JSON object a line, as they were received, with their reasons."""
    every = await seen_sources(visit)
    wanted = selection_of(
        visit, every, reason=visit.query("reason"), state=_state(visit.query("state"))
    )
    if not all(may_see_people(visit, each) for each in among(every, wanted)):
        raise ForbiddenError(
            "These events hold personal data, which your role does not show.",
            hint="Ask an owner of the workspace for the role PII Access.",
        )
    # Its first events are read before the answer begins: a warehouse that is away has a page.
    pieces = await visit.context.backends.quarantine.export(visit.principal.workspace_id, wanted)
    visit.context.changes.record_read(visit.principal, "quarantine", wanted.reason or "all")
    name = f"quarantine-{wanted.reason or 'all'}.jsonl"
    return StreamingResponse(
        pieces,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _state(name: str) -> State:
    return State(name) if name in set(State) else State.OPEN


async def _held(visit: Visit, every: Sequence[Source]) -> Kept:
    key = visit.path("key")
    held = await visit.context.backends.quarantine.event(visit.principal.workspace_id, key)
    is_seen = any(each.id == held.source_id for each in every)
    if not is_seen and not visit.may(Permission.SOURCE_READ):
        raise NotFoundError(f"There is no event {key!r} in quarantine.")
    return held


def _event_page(
    visit: Visit,
    every: Sequence[Source],
    held: Kept,
    *,
    raw: str | None = None,
    tried: Preview | None = None,
    error: HeadwaterError | None = None,
) -> Response:
    source = next((each for each in every if each.id == held.source_id), None)
    held, sees = shown(visit, every, held)
    if sees:
        visit.context.changes.record_read(visit.principal, "quarantine", held.key)
    may_change = (
        source is not None
        and sees
        and visit.principal.may(Permission.SOURCE_ADMIN, sources.resource(source))
    )
    return visit.render(
        "quarantine/event.html",
        error.status if error else 200,
        held=held,
        source=source,
        sees_people=sees,
        markup=marked(held.raw, held.field),
        raw=raw if raw is not None else indented(held.raw),
        meaning=said(visit, meaning_of(held.reason)),
        remedy=said(visit, remedy_of(held.reason)),
        said=visit.translator.problem,
        verdict=tried.examples[0] if tried and tried.examples else None,
        verdict_meaning=_meaning_of_verdict(visit, tried),
        micros=micros,
        may_change=may_change,
        problem=visit.problem(error) if error else None,
    )


def _meaning_of_verdict(visit: Visit, tried: Preview | None) -> str:
    if tried is None or not tried.examples:
        return ""
    return said(visit, meaning_of(tried.examples[0].verdict))


PAGES = (
    Page("GET", "/quarantine", _READ, index),
    Page("GET", "/quarantine/runs", _READ, runs),
    Page("GET", "/quarantine/export", _READ, export),
    Page("POST", "/quarantine/dismiss", _CHANGE, dismiss),
    Page("POST", "/quarantine/restore", _CHANGE, restore),
    Page("GET", "/quarantine/reasons/{reason}", _READ, reason),
    Page("GET", "/quarantine/events/{key}", _READ, event),
    Page("POST", "/quarantine/events/{key}", _CHANGE, change_event),
)
