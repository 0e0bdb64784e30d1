"""/quarantine: what was kept aside and why; mending it, sending it on again, or letting it be."""

from collections.abc import Sequence
from difflib import ndiff
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, ForbiddenError, HeadwaterError, NotFoundError
from headwater.quarantine.meanings import MEANINGS, meaning_of
from headwater.quarantine.model import Kept, Preview, Selection, State
from headwater.search.masking import masked_text
from headwater.web.frame import Page, Visit
from headwater.web.live_events import may_see_people
from headwater.web.marked_json import marked
from headwater.web.mending import FixForm, Row, fixes_of, rows_of, suggested
from headwater.web.moments import micros
from headwater.workspaces.model import Source

_READ: Final = OnSome(Permission.SOURCE_READ)
_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)
_ADMIN: Final = Permission.SOURCE_ADMIN
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
    every = await _sources(visit)
    backends = visit.context.backends
    among = None if visit.may(Permission.SOURCE_READ) else every
    found = await backends.quarantine.reasons(visit.principal.workspace_id, among)
    return visit.render(
        "quarantine/reasons.html",
        reasons=found,
        total=sum(each.count for each in found),
        today=sum(sum(each.trend) for each in found),
        meaning=lambda reason: _said(visit, meaning_of(reason)),
        names={each.id: each.name for each in every},
        micros=micros,
        may_change=visit.may(_CHANGE),
    )


async def reason(visit: Visit) -> Response:
    """The events of one reason, the newest first."""
    every = await _sources(visit)
    name = visit.path("reason")
    state = _state(visit.query("state"))
    wanted = _selection(visit, every, reason=name, state=state)
    page = await visit.context.backends.quarantine.events(
        visit.principal.workspace_id, wanted, visit.query("cursor"), _COUNT
    )
    return visit.render(
        "quarantine/reason.html",
        reason=name,
        meaning=_said(visit, meaning_of(name)),
        said=visit.translator.problem,
        state=state.value,
        events=page.events,
        next=page.next,
        sources=every,
        names={each.id: each.name for each in every},
        chosen=visit.query("source"),
        event=visit.query("event"),
        micros=micros,
        may_change=visit.may(_CHANGE),
    )


async def event(visit: Visit) -> Response:
    every = await _sources(visit)
    held = await _held(visit, every)
    return _event_page(visit, every, held)


async def change_event(visit: Visit) -> Response:
    """Try an edited event, or send it on."""
    every = await _sources(visit)
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


async def ask_mend(visit: Visit) -> Response:
    """The fixes that are worth a try, and what they would do."""
    every = _changeable(visit, await _sources(visit))
    form = FixForm(
        reason=visit.query("reason"), source=visit.query("source"), event=visit.query("event")
    )
    wanted = _selection(
        visit, every, reason=form.reason, source=form.source, event=form.event, to=_ADMIN
    )
    page = await visit.context.backends.quarantine.events(
        visit.principal.workspace_id, wanted, "", 1
    )
    field = page.events[0].field if page.events else None
    return await _mend_page(visit, every, form, suggested(form.reason, field))


async def mend(visit: Visit) -> Response:
    """Show what the fixes would do, or do it."""
    every = _changeable(visit, await _sources(visit))
    form = await visit.form(FixForm)
    rows = rows_of(form)
    if form.act == "add":
        return await _mend_page(visit, every, form, [*rows, Row()])
    if form.act.startswith("drop-"):
        number = form.act.removeprefix("drop-")
        kept = [row for at, row in enumerate(rows) if str(at) != number]
        return await _mend_page(visit, every, form, kept or [Row()])
    if form.act != "replay":
        return await _mend_page(visit, every, form, rows)
    wanted = _selection(
        visit, every, reason=form.reason, source=form.source, event=form.event, to=_ADMIN
    )
    try:
        await visit.context.backends.quarantine.replay(visit.principal, wanted, fixes_of(rows))
    except HeadwaterError as error:
        return await _mend_page(visit, every, form, rows, error)
    return visit.redirect(
        "/quarantine/runs", notice=visit._("The events are being sent on. You may leave this page.")
    )


async def dismiss(visit: Visit) -> Response:
    every = _changeable(visit, await _sources(visit))
    form = await visit.form(ChosenForm)
    wanted = _selection(
        visit,
        every,
        reason=form.reason,
        source=form.source,
        event=form.event,
        keys=tuple(form.key),
        to=_ADMIN,
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
        meaning=lambda reason: _said(visit, meaning_of(reason)) if reason in MEANINGS else reason,
        may_change=visit.may(Permission.SOURCE_ADMIN),
    )


async def export(visit: Visit) -> Response:
    """One JSON object a line, as they were received, with their reasons."""
    every = await _sources(visit)
    wanted = _selection(
        visit, every, reason=visit.query("reason"), state=_state(visit.query("state"))
    )
    if not all(may_see_people(visit, each) for each in _among(every, wanted)):
        raise ForbiddenError(
            "These events hold personal data, which your role does not show.",
            hint="Ask an owner of the workspace for the role PII Access.",
        )
    visit.context.changes.record_read(visit.principal, "quarantine", wanted.reason or "all")
    pieces = visit.context.backends.quarantine.export(visit.principal.workspace_id, wanted)
    name = f"quarantine-{wanted.reason or 'all'}.jsonl"
    return StreamingResponse(
        pieces,
        media_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _sources(visit: Visit) -> list[Source]:
    return await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)


def _said(visit: Visit, text: str) -> str:
    """What the backend says of a reason, in the visitor's language."""
    return visit.translator.problem(text)


def _state(name: str) -> State:
    return State(name) if name in set(State) else State.OPEN


def _selection(
    visit: Visit,
    every: Sequence[Source],
    *,
    reason: str = "",
    source: str = "",
    event: str = "",
    state: State = State.OPEN,
    keys: tuple[str, ...] = (),
    to: Permission = Permission.SOURCE_READ,
) -> Selection:
    """What is selected of these sources, on which the visitor has a permission."""
    named = source or visit.query("source")
    ids = tuple(each.id for each in every if not named or named in (each.id, each.slug))
    sees_all = not named and visit.may(to)
    if not ids and not sees_all:
        raise NotFoundError(f"There is no source {named!r}.")
    return Selection(
        reason=reason,
        source_ids=() if sees_all else ids,
        event=event or visit.query("event") or None,
        state=state,
        keys=keys,
    )


def _among(every: Sequence[Source], wanted: Selection) -> list[Source]:
    return [each for each in every if not wanted.source_ids or each.id in wanted.source_ids]


def _changeable(visit: Visit, every: Sequence[Source]) -> list[Source]:
    """The sources about whose events the visitor may decide."""
    return [
        each
        for each in every
        if visit.principal.may(Permission.SOURCE_ADMIN, sources.resource(each))
    ]


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
    sees = may_see_people(visit, source) if source else visit.may(Permission.PII_READ)
    if sees:
        visit.context.changes.record_read(visit.principal, "quarantine", held.key)
    shown = held.raw if sees else masked_text(held.raw)
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
        markup=marked(shown, held.field),
        shown=shown,
        raw=raw if raw is not None else _indented(shown),
        meaning=_said(visit, meaning_of(held.reason)),
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
    return _said(visit, meaning_of(tried.examples[0].verdict))


async def _mend_page(
    visit: Visit,
    every: Sequence[Source],
    form: FixForm,
    rows: Sequence[Row],
    error: HeadwaterError | None = None,
) -> Response:
    wanted = _selection(
        visit, every, reason=form.reason, source=form.source, event=form.event, to=_ADMIN
    )
    preview: Preview | None = None
    if error is None:
        try:
            preview = await visit.context.backends.quarantine.preview(
                visit.principal.workspace_id, wanted, fixes_of(rows), 10
            )
        except BadRequestError as refused:
            error = refused
    sees = all(may_see_people(visit, each) for each in _among(every, wanted))
    return visit.render(
        "quarantine/mend.html",
        error.status if error else 200,
        form=form,
        rows=rows,
        preview=preview,
        examples=_examples(preview, sees=sees),
        meaning=_said(visit, meaning_of(form.reason)),
        said=visit.translator.problem,
        source=next((each for each in every if form.source in (each.id, each.slug)), None),
        problem=visit.problem(error) if error else None,
    )


def _examples(preview: Preview | None, *, sees: bool) -> list[dict[str, Any]]:
    """The previewed events line by line, before and after, where they differ."""
    if preview is None:
        return []
    return [
        {
            "key": each.key,
            "verdict": each.verdict,
            "detail": each.detail,
            "lines": _difference(each.before, each.after) if sees else [],
        }
        for each in preview.examples
    ]


def _difference(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of two JSON texts: ` ` in both, `-` only before, `+` only after."""
    lines = ndiff(_indented(before).splitlines(), _indented(after).splitlines())
    return [(line[0], line[2:]) for line in lines if line[0] != "?"][:200]


def _indented(text: str) -> str:
    try:
        return msgspec.json.format(text.encode(), indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        return text


PAGES = (
    Page("GET", "/quarantine", _READ, index),
    Page("GET", "/quarantine/runs", _READ, runs),
    Page("GET", "/quarantine/export", _READ, export),
    Page("GET", "/quarantine/mend", _CHANGE, ask_mend),
    Page("POST", "/quarantine/mend", _CHANGE, mend),
    Page("POST", "/quarantine/dismiss", _CHANGE, dismiss),
    Page("POST", "/quarantine/restore", _CHANGE, restore),
    Page("GET", "/quarantine/reasons/{reason}", _READ, reason),
    Page("GET", "/quarantine/events/{key}", _READ, event),
    Page("POST", "/quarantine/events/{key}", _CHANGE, change_event),
)
