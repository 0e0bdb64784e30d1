"""/replays: what was collected, led through the pipeline again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.archive.requests import END_OF_TIME
from headwater.errors import HeadwaterError, InvalidError, NotFoundError
from headwater.kit.clock import to_microseconds
from headwater.replays.model import FASTEST, Preview, RunState, Selection
from headwater.spec.again import Mode
from headwater.web.frame import Page, Visit
from headwater.web.kept_aside import changeable, seen_sources
from headwater.web.moments import micros
from headwater.web.navigation import N_
from headwater.workspaces.model import Source

_READ: Final = OnSome(Permission.SOURCE_READ)
_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)

STATES: Final = {
    RunState.RUNNING: (N_("Running"), "live"),
    RunState.PAUSED: (N_("Paused"), "warn"),
    RunState.DONE: (N_("Done"), "good"),
    RunState.CANCELLED: (N_("Cancelled"), ""),
}
MODES: Final = {
    Mode.AGAIN: N_("Under today's rules"),
    Mode.MISSING: N_("What is missing"),
}


class ReplayForm(msgspec.Struct, kw_only=True):
    """What is to be replayed; `act` is preview or start."""

    act: str = "preview"
    source: str = ""
    since: str = ""
    until: str = ""
    events: str = ""
    condition: str = ""
    mode: str = Mode.AGAIN.value
    rate: str = ""


async def index(visit: Visit) -> Response:
    every = await seen_sources(visit)
    runs = await visit.context.backends.replays.runs(visit.principal)
    return visit.render(
        "replays/list.html",
        runs=runs,
        names={source.id: source.name for source in every},
        states=STATES,
        modes=MODES,
        micros=micros,
        is_running=any(run.state is RunState.RUNNING for run in runs),
        may_change=bool(changeable(visit, every)),
    )


async def form(visit: Visit) -> Response:
    """The form: prefilled for a source, by `source`, and by a condition."""
    asked = ReplayForm(source=visit.query("source"), condition=visit.query("condition"))
    return await _form_page(visit, asked)


async def send(visit: Visit) -> Response:
    """Count what would be sent, or send it."""
    asked = await visit.form(ReplayForm)
    replays = visit.context.backends.replays
    try:
        chosen = _selection(visit, asked, await _sources(visit))
        mode = Mode(asked.mode) if asked.mode in set(Mode) else Mode.AGAIN
        if asked.act == "start":
            await replays.start(visit.principal, chosen, mode, _rate(asked.rate))
        else:
            preview = await replays.preview(visit.principal, chosen, mode)
            return await _form_page(visit, asked, preview=preview)
    except HeadwaterError as error:
        return await _form_page(visit, asked, error=error)
    return visit.redirect(
        "/replays", notice=visit._("The replay has begun. It goes on when you leave this page.")
    )


async def change(visit: Visit) -> Response:
    replays, run_id = visit.context.backends.replays, visit.path("replay_id")
    acts = {"pause": replays.pause, "resume": replays.resume, "cancel": replays.cancel}
    act = acts.get(visit.path("act"))
    if act is None:
        raise NotFoundError("There is nothing at this address.")
    await act(visit.principal, run_id)
    return visit.redirect("/replays")


async def _sources(visit: Visit) -> list[Source]:
    return [each for each in changeable(visit, await seen_sources(visit)) if each.enabled]


async def _form_page(
    visit: Visit,
    asked: ReplayForm,
    *,
    preview: Preview | None = None,
    error: HeadwaterError | None = None,
) -> Response:
    sources = await _sources(visit)
    return visit.render(
        "replays/form.html",
        200 if error is None else error.status,
        form=asked,
        sources=sources,
        names={source.id: source.name for source in sources},
        preview=preview,
        micros=micros,
        zone=str(visit.zone),
        problem=None if error is None else visit.problem(error),
    )


def _selection(visit: Visit, asked: ReplayForm, sources: Sequence[Source]) -> Selection:
    """Raises InvalidError and NotFoundError."""
    ids = [each.id for each in sources if asked.source in (each.id, each.slug)]
    if asked.source and not ids:
        raise NotFoundError(f"There is no source {asked.source!r}.")
    return Selection(
        source_ids=tuple(ids),
        since=_moment(visit, asked.since, "since") if asked.since else 0,
        until=_moment(visit, asked.until, "until") if asked.until else END_OF_TIME,
        events=tuple(line.strip() for line in asked.events.splitlines() if line.strip()),
        condition=asked.condition,
    )


def _moment(visit: Visit, text: str, name: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidError(f"{name}: {text[:40]!r} is no time.", field=name) from None
    return to_microseconds(
        (found if found.tzinfo else found.replace(tzinfo=visit.zone)).astimezone(UTC)
    )


def _rate(text: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal() or int(text) > FASTEST:
        raise InvalidError(f"rate: must be from 0 to {FASTEST:,}.", field="rate")
    return int(text)


PAGES = (
    Page("GET", "/replays", _READ, index),
    Page("GET", "/replays/new", _CHANGE, form),
    Page("POST", "/replays/new", _CHANGE, send),
    Page("POST", "/replays/{replay_id}/{act}", _CHANGE, change),
)
