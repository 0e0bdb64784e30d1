"""/rules/new and /rules/{id}: one cleaning rule, made or changed, and tried before it acts."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.cleaning import changing
from headwater.cleaning.changing import Wanted
from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Kind, Rule
from headwater.cleaning.samples import shown
from headwater.cleaning.trying import without_and_with
from headwater.errors import BadRequestError, ForbiddenError, HeadwaterError, NotFoundError
from headwater.spec import EVENT_TYPES
from headwater.web.frame import Page, Visit
from headwater.web.governed import figures, sources_by_id
from headwater.web.rule_form import RuleForm, fault_in, form_of, refused, wanted_of
from headwater.web.rule_kinds import grouped, look_of
from headwater.web.setting_words import WORDS, blocks
from headwater.web.settings_form import Fault, Sent, controls, last, sent
from headwater.web.trying import TRY, count_of, trial_values, tried
from headwater.whatif.trial import Comparison

_READ: Final = Permission.PLAN_READ
_CHANGE: Final = Permission.PLAN_ADMIN


async def choose(visit: Visit) -> Response:
    """The kinds to choose from; with one chosen, its form."""
    kind = KINDS.get(visit.query("kind"))
    if kind is None:
        return visit.render("rules/kinds.html", groups=list(grouped()), look_of=look_of)
    form = form_of(Rule("", visit._(look_of(kind.name).label), kind.name))
    if visit.query("example"):
        form = msgspec.structs.replace(form, settings=dict(kind.example))
    return await _page(visit, form)


async def make(visit: Visit) -> Response:
    kind = KINDS.get(visit.query("kind"))
    if kind is None:
        raise NotFoundError("There is no such kind of rule.")
    return await _answer(visit, kind, None)


async def show(visit: Visit) -> Response:
    held = await _held(visit)
    return await _page(visit, form_of(held), held)


async def change(visit: Visit) -> Response:
    held = await _held(visit)
    return await _answer(visit, KINDS[held.kind], held)


async def _answer(visit: Visit, kind: Kind, held: Rule | None) -> Response:
    """Keep what was sent, or try it, or show the form with another row."""
    values = await sent(visit)
    form, act = RuleForm.sent(kind, values), last(values, "act")
    if act.startswith("add:"):
        return await _page(visit, form, held, grown=act.removeprefix("add:"))
    fault = fault_in(visit, kind, values)
    if fault:
        return await _page(visit, form, held, fault=fault, values=values)
    try:
        wanted = wanted_of(kind, values)
        if act == "try":
            trial = await _trial(visit, wanted, held, values)
            return await _page(visit, form, held, trial=trial, values=values)
        if held is None:
            made = await run_in_threadpool(
                changing.create, visit.context.changes, visit.principal, wanted
            )
            notice = visit._("%(name)s acts on events from now on.", name=made.name)
            return visit.redirect(f"/rules/{made.id}", notice=notice)
        await run_in_threadpool(
            changing.change, visit.context.changes, visit.principal, held.id, wanted
        )
    except HeadwaterError as error:
        fault = refused(visit, kind, error)
        return await _page(visit, form, held, fault=fault, values=values, status=error.status)
    return visit.redirect(f"/rules/{held.id}", notice=visit._("Saved."))


async def _trial(visit: Visit, wanted: Wanted, held: Rule | None, values: Sent) -> Comparison:
    if not visit.may(TRY):
        raise ForbiddenError("A trial shows events, which your role does not.")
    changes, by = visit.context.changes, visit.principal
    rule = await run_in_threadpool(
        changing.proposed, changes, by, wanted, held.id if held else None
    )
    published = visit.context.published.current()
    pair = await run_in_threadpool(without_and_with, changes, by, published, rule)
    known = await sources_by_id(visit)
    named = [each for each in rule.scope.sources if each in known]
    return await tried(
        visit,
        f"trial of the cleaning rule {rule.name}",
        named or list(known),
        pair,
        count=count_of(values),
        event=last(values, "event"),
    )


async def _held(visit: Visit) -> Rule:
    return await run_in_threadpool(
        changing.one, visit.context.changes, visit.principal, visit.path("rule_id")
    )


async def _page(
    visit: Visit,
    form: RuleForm,
    held: Rule | None = None,
    *,
    fault: Fault | None = None,
    trial: Comparison | None = None,
    values: Sent | None = None,
    grown: str = "",
    status: int = 200,
) -> Response:
    kind = KINDS[form.kind]
    return visit.render(
        "rules/rule.html",
        status if status != 200 or fault is None else BadRequestError.status,
        form=form,
        held=held,
        kind=kind,
        look=look_of(kind.name),
        blocks=blocks(kind),
        sample=shown(kind.name),
        controls=controls(kind.settings, form.settings),
        sources=list((await sources_by_id(visit)).values()),
        event_types=EVENT_TYPES,
        fault=fault,
        grown=grown,
        words=WORDS,
        may_change=visit.may(_CHANGE),
        **trial_values(visit, values, trial),
        **(await figures(visit, held.id) if held else {}),
    )


PAGES = (
    Page("GET", "/rules/new", _CHANGE, choose),
    Page("POST", "/rules/new", _CHANGE, make),
    Page("GET", "/rules/{rule_id}", _READ, show),
    Page("POST", "/rules/{rule_id}", _CHANGE, change),
)
