"""/sources/{id}/connections/{id}: one connection: how it gets on, its runs, what was noticed."""

from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.connections import changing
from headwater.connections.model import Backfill, Connection, Drift, shown_run
from headwater.errors import HeadwaterError, NotFoundError
from headwater.web.connection_looks import EVERY, OUTCOMES, looks
from headwater.web.frame import Page, Visit
from headwater.web.live_events import may_see_people
from headwater.web.navigation import N_
from headwater.web.pages.source import may_change, source_of
from headwater.web.pages.source_connections import DefinitionForm, edited

_READ: Final = OnSome(Permission.SOURCE_READ)
_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)
_ONE: Final = "/sources/{source_id}/connections/{connection_id}"
_SHOWN_RUNS: Final = 30

DRIFTS: Final = {
    Drift.APPEARED: (N_("is new"), "accent"),
    Drift.VANISHED: (N_("is gone"), "warn"),
    Drift.CHANGED: (N_("has other types"), "warn"),
}


class Filling(msgspec.Struct):
    """What to read again from the start."""

    what: Backfill = Backfill.MISSING


class Removal(msgspec.Struct):
    """What is typed to confirm: the connection's name."""

    typed: str = ""


async def show(visit: Visit) -> Response:
    return await _page(visit, await _connection(visit))


async def _page(visit: Visit, found: Connection, **values: Any) -> Response:
    source = await source_of(visit)
    context = visit.context
    runs = await run_in_threadpool(changing.runs, context.changes, visit.principal, found.id)
    notices = await run_in_threadpool(changing.notices, context.changes, visit.principal, found.id)
    sees_people = may_see_people(visit, source)
    if sees_people and any(each.samples for each in runs[:_SHOWN_RUNS]):
        context.changes.record_read(visit.principal, "connection", found.id)
    problem = values.get("problem")
    (look,) = await run_in_threadpool(looks, context.changes, [found])
    now = context.clock.now()
    return visit.render(
        "source/connection.html",
        problem.status if problem else 200,
        source=source,
        connection=found,
        look=look,
        runs=[shown_run(each, now) for each in runs[:_SHOWN_RUNS]],
        notices=notices,
        outcomes=OUTCOMES,
        drifts=DRIFTS,
        every=dict(EVERY),
        may_change=may_change(visit, source),
        sees_people=sees_people,
        **values,
    )


async def edit(visit: Visit) -> Response:
    found = await _connection(visit)
    schedule = found.schedule
    form = DefinitionForm(
        name=found.name,
        definition=found.definition,
        form=found.form,
        every="cron" if schedule.cron else str(schedule.every_seconds),
        cron=schedule.cron,
        zone=schedule.zone,
    )
    return await edited(visit, await source_of(visit), form, kept=found)


async def change(visit: Visit) -> Response:
    found = await _connection(visit)
    form = await visit.form(DefinitionForm)
    source = await source_of(visit)
    if form.do != "save":
        return await edited(visit, source, form, kept=found, tries=form.do == "try")
    context = visit.context
    try:
        await run_in_threadpool(
            changing.change, context.changes, visit.principal, context.vault, found.id, form.wanted
        )
    except HeadwaterError as error:
        return await edited(visit, source, form, kept=found, problem=visit.problem(error))
    return _back(visit, found, visit._("Saved."))


async def test(visit: Visit) -> Response:
    found = await _connection(visit)
    connections = visit.context.backends.connections
    try:
        task = await run_in_threadpool(connections.task, found)
        events = await connections.try_out(task)
    except HeadwaterError as error:
        return await _page(visit, found, problem=visit.problem(error))
    return _back(
        visit,
        found,
        visit._("It can be read: %(count)s events of the first rows.", count=len(events)),
    )


async def run(visit: Visit) -> Response:
    found = await _connection(visit)
    await _moved(visit, found, changing.run_now)
    return _back(visit, found, visit._("It runs as soon as there is room."))


async def fill(visit: Visit) -> Response:
    found = await _connection(visit)
    form = await visit.form(Filling)
    await _moved(visit, found, changing.run_now, form.what)
    return _back(visit, found, visit._("It reads again from the start."))


async def pause(visit: Visit) -> Response:
    found = await _connection(visit)
    await _moved(visit, found, changing.pause)
    return _back(visit, found, visit._("Paused."))


async def resume(visit: Visit) -> Response:
    found = await _connection(visit)
    await _moved(visit, found, changing.resume)
    return _back(visit, found, visit._("It goes on."))


async def acknowledge(visit: Visit) -> Response:
    found = await _connection(visit)
    await _moved(visit, found, changing.acknowledge)
    return _back(visit, found, visit._("Noted."))


async def remove(visit: Visit) -> Response:
    found = await _connection(visit)
    form = await visit.form(Removal)
    if form.typed.strip() != found.name:
        return _back(visit, found, visit._("The name was not the same: nothing was removed."))
    await _moved(visit, found, changing.remove)
    await run_in_threadpool(visit.context.backends.connections.forget, found.id)
    return visit.redirect(
        f"/sources/{found.source_id}/connections",
        notice=visit._("Removed. The events that it brought stay."),
    )


async def _connection(visit: Visit) -> Connection:
    found = await run_in_threadpool(
        changing.one, visit.context.changes, visit.principal, visit.path("connection_id")
    )
    if found.source_id != visit.path("source_id"):
        raise NotFoundError(f"There is no connection {found.id!r}.")
    return found


async def _moved(visit: Visit, found: Connection, move: Any, *rest: Any) -> None:
    await run_in_threadpool(move, visit.context.changes, visit.principal, found.id, *rest)
    visit.context.backends.connections.wake()


def _back(visit: Visit, found: Connection, notice: str) -> Response:
    return visit.redirect(f"/sources/{found.source_id}/connections/{found.id}", notice=notice)


PAGES = (
    Page("GET", _ONE, _READ, show),
    Page("GET", f"{_ONE}/edit", _CHANGE, edit),
    Page("POST", f"{_ONE}/edit", _CHANGE, change),
    Page("POST", f"{_ONE}/test", _CHANGE, test),
    Page("POST", f"{_ONE}/run", _CHANGE, run),
    Page("POST", f"{_ONE}/backfill", _CHANGE, fill),
    Page("POST", f"{_ONE}/pause", _CHANGE, pause),
    Page("POST", f"{_ONE}/resume", _CHANGE, resume),
    Page("POST", f"{_ONE}/acknowledge", _CHANGE, acknowledge),
    Page("POST", f"{_ONE}/remove", _CHANGE, remove),
)
