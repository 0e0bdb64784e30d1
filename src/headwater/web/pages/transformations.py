"""/transformations: what changes the events of each source; one made, changed and tried."""

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.errors import ForbiddenError, HeadwaterError
from headwater.transformations import changing
from headwater.transformations.changing import Wanted
from headwater.transformations.hashing import ALGORITHMS
from headwater.transformations.kinds import KINDS
from headwater.transformations.model import Transformation
from headwater.transformations.opening import secrets_of
from headwater.transformations.trying import without_and_with
from headwater.web.frame import Page, Visit
from headwater.web.governed import (
    Switch,
    Touches,
    figures,
    sources_by_id,
    touches,
)
from headwater.web.operation_kinds import OPERATIONS
from headwater.web.setting_words import WORDS
from headwater.web.settings_form import Fault, Sent, controls, last, sent
from headwater.web.transformation_form import (
    ENCODINGS,
    TransformationForm,
    deeds,
    fault_in,
    form_of,
    prefix_of,
    refused,
    wanted_of,
)
from headwater.web.trying import TRY, count_of, trial_values, tried
from headwater.whatif.trial import Comparison

_READ: Final = Permission.PLAN_READ
_CHANGE: Final = Permission.PLAN_ADMIN
_NAMES: Final = {kind: look.label for kind, look in OPERATIONS.items()}


async def index(visit: Visit) -> Response:
    """By source, in the order in which each source's are taken."""
    found = await run_in_threadpool(changing.listed, visit.context.changes, visit.principal)
    known = await sources_by_id(visit)
    counts = await touches(visit)
    by_source = {
        source_id: [each for each in found if each.source_id == source_id]
        for source_id in dict.fromkeys(each.source_id for each in found)
    }
    return visit.render(
        "transformations/list.html",
        by_source=by_source,
        sources=known,
        counts=counts,
        untouched=Touches(),
        deeds={each.id: deeds(visit, each, _NAMES) for each in found},
        may_change=visit.may(_CHANGE),
    )


async def ask(visit: Visit) -> Response:
    known = await sources_by_id(visit)
    wanted = visit.query("source")
    source = wanted if wanted in known else next(iter(known), "")
    return await _page(visit, TransformationForm(source=source))


async def make(visit: Visit) -> Response:
    return await _answer(visit, None)


async def show(visit: Visit) -> Response:
    held = await _held(visit)
    return await _page(visit, await _form_of(visit, held), held)


async def change(visit: Visit) -> Response:
    return await _answer(visit, await _held(visit))


async def switch(visit: Visit) -> Response:
    form = await visit.form(Switch)
    context, wanted = visit.context, Wanted(enabled=form.enabled)
    after = await run_in_threadpool(
        changing.change,
        context.changes,
        visit.principal,
        context.vault,
        visit.path("transformation_id"),
        wanted,
    )
    notice = (
        visit._("%(name)s is on.", name=after.name)
        if after.enabled
        else visit._("%(name)s is off.", name=after.name)
    )
    back = f"/transformations/{after.id}" if visit.query("back") else "/transformations"
    return visit.redirect(back, notice=notice)


async def remove(visit: Visit) -> Response:
    gone = await _held(visit)
    await run_in_threadpool(changing.remove, visit.context.changes, visit.principal, gone.id)
    return visit.redirect(
        "/transformations", notice=visit._("%(name)s is removed.", name=gone.name)
    )


async def _answer(visit: Visit, held: Transformation | None) -> Response:
    """Keep what was sent, or try it, or show the form with what its buttons did."""
    values = await sent(visit)
    form, act = TransformationForm.sent(values), last(values, "act")
    if act.startswith("op:"):
        return await _page(visit, form, held, grown="op")
    if act.startswith("add:"):
        return await _page(visit, form, held, grown=act.removeprefix("add:"))
    fault = fault_in(visit, form, values)
    if fault:
        return await _page(visit, form, held, fault=fault, values=values, status=400)
    try:
        wanted = wanted_of(form)
        if act == "try":
            trial = await _trial(visit, wanted, held, values)
            return await _page(visit, form, held, trial=trial, values=values)
        kept = await run_in_threadpool(_keep, visit, wanted, held)
    except HeadwaterError as error:
        fault = refused(visit, error)
        return await _page(visit, form, held, fault=fault, values=values, status=error.status)
    notice = (
        visit._("Saved.")
        if held
        else visit._("%(name)s acts on events from now on.", name=kept.name)
    )
    return visit.redirect(f"/transformations/{kept.id}", notice=notice)


def _keep(visit: Visit, wanted: Wanted, held: Transformation | None) -> Transformation:
    context = visit.context
    if held is None:
        return changing.create(context.changes, visit.principal, context.vault, wanted)
    return changing.change(context.changes, visit.principal, context.vault, held.id, wanted)


async def _trial(
    visit: Visit, wanted: Wanted, held: Transformation | None, values: Sent
) -> Comparison:
    if not visit.may(TRY):
        raise ForbiddenError("A trial shows events, which your role does not.")
    context, by = visit.context, visit.principal
    made = await run_in_threadpool(
        changing.proposed, context.changes, by, context.vault, wanted, held.id if held else None
    )
    published = context.published.current()
    pair = await run_in_threadpool(
        without_and_with, context.changes, by, context.vault, published, made
    )
    return await tried(
        visit,
        f"trial of the transformation {made.name}",
        [made.source_id],
        pair,
        count=count_of(values),
        event=last(values, "event"),
    )


async def _held(visit: Visit) -> Transformation:
    return await run_in_threadpool(
        changing.one, visit.context.changes, visit.principal, visit.path("transformation_id")
    )


async def _form_of(visit: Visit, held: Transformation) -> TransformationForm:
    secrets = await run_in_threadpool(secrets_of, held, visit.context.vault)
    return form_of(held, secrets.key)


async def _page(
    visit: Visit,
    form: TransformationForm,
    held: Transformation | None = None,
    *,
    fault: Fault | None = None,
    trial: Comparison | None = None,
    values: Sent | None = None,
    grown: str = "",
    status: int = 200,
) -> Response:
    return visit.render(
        "transformations/transformation.html",
        status,
        form=form,
        held=held,
        sources=list((await sources_by_id(visit)).values()),
        operations=[_shown(index, form) for index in range(len(form.operations))],
        kinds=OPERATIONS,
        algorithms=ALGORITHMS,
        encodings=ENCODINGS,
        fault=fault,
        grown=grown,
        words=WORDS,
        may_change=visit.may(_CHANGE),
        **trial_values(visit, values, trial),
        **(await figures(visit, held.id) if held else {}),
    )


def _shown(index: int, form: TransformationForm) -> dict[str, Any]:
    """An operation as the form's block shows it."""
    operation = form.operations[index]
    kind = KINDS.get(operation.kind)
    return {
        "kind": operation.kind,
        "about": kind.about if kind else "",
        "controls": controls(kind.settings, operation.settings, prefix_of(index)) if kind else [],
    }


PAGES = (
    Page("GET", "/transformations", _READ, index),
    Page("GET", "/transformations/new", _CHANGE, ask),
    Page("POST", "/transformations/new", _CHANGE, make),
    Page("GET", "/transformations/{transformation_id}", _READ, show),
    Page("POST", "/transformations/{transformation_id}", _CHANGE, change),
    Page("POST", "/transformations/{transformation_id}/switch", _CHANGE, switch),
    Page("POST", "/transformations/{transformation_id}/remove", _CHANGE, remove),
)
