"""/rules: the cleaning rules in their order; moved, turned on and off, taken away."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.cleaning import changing
from headwater.cleaning.changing import Wanted
from headwater.cleaning.model import Rule
from headwater.cleaning.stages import phase_of
from headwater.web.frame import Page, Visit
from headwater.web.governed import Switch, Touches, scope_parts, sources_by_id, touches
from headwater.web.rule_kinds import PHASE_NAMES, look_of

_READ: Final = Permission.PLAN_READ
_CHANGE: Final = Permission.PLAN_ADMIN


class Move(msgspec.Struct):
    """One place up or down."""

    to: str = "up"


class Order(msgspec.Struct):
    """The ids of all rules, as they were dragged."""

    rule: list[str] = []


async def index(visit: Visit) -> Response:
    """In the order in which events meet them."""
    found = await _listed(visit)
    counts = await touches(visit)
    known = await sources_by_id(visit)
    return visit.render(
        "rules/list.html",
        rules=found,
        counts=counts,
        untouched=Touches(),
        scopes={each.id: scope_parts(visit, each.scope, known) for each in found},
        look_of=look_of,
        phase_of=phase_of,
        phases=PHASE_NAMES,
        several_phases=len({phase_of(each) for each in found}) > 1,
        is_on=sum(each.enabled for each in found),
        day=sum(counts.get(each.id, Touches()).day for each in found),
        week=sum(counts.get(each.id, Touches()).week for each in found),
        may_change=visit.may(_CHANGE),
    )


async def switch(visit: Visit) -> Response:
    form = await visit.form(Switch)
    after = await _changed(visit, Wanted(enabled=form.enabled))
    notice = (
        visit._("%(name)s is on.", name=after.name)
        if after.enabled
        else visit._("%(name)s is off.", name=after.name)
    )
    back = f"/rules/{after.id}" if visit.query("back") == "rule" else "/rules"
    return visit.redirect(back, notice=notice)


async def move(visit: Visit) -> Response:
    """One place up or down, for those who have no script or no pointer."""
    form = await visit.form(Move)
    wanted = visit.path("rule_id")
    rules = await _listed(visit)
    ids = [each.id for each in rules]
    if wanted in ids:
        at = ids.index(wanted)
        other = at - 1 if form.to == "up" else at + 1
        if 0 <= other < len(ids) and phase_of(rules[at]) == phase_of(rules[other]):
            ids[at], ids[other] = ids[other], ids[at]
    await run_in_threadpool(changing.reorder, visit.context.changes, visit.principal, ids)
    return visit.redirect(f"/rules#rule-{wanted}")


async def reorder(visit: Visit) -> Response:
    form = await visit.form(Order)
    await run_in_threadpool(changing.reorder, visit.context.changes, visit.principal, form.rule)
    return visit.redirect("/rules", notice=visit._("The new order is kept."))


async def remove(visit: Visit) -> Response:
    rule_id = visit.path("rule_id")
    gone = await run_in_threadpool(changing.one, visit.context.changes, visit.principal, rule_id)
    await run_in_threadpool(changing.remove, visit.context.changes, visit.principal, rule_id)
    return visit.redirect("/rules", notice=visit._("%(name)s is removed.", name=gone.name))


async def _listed(visit: Visit) -> Sequence[Rule]:
    return await run_in_threadpool(changing.listed, visit.context.changes, visit.principal)


async def _changed(visit: Visit, wanted: Wanted) -> Rule:
    return await run_in_threadpool(
        changing.change, visit.context.changes, visit.principal, visit.path("rule_id"), wanted
    )


PAGES = (
    Page("GET", "/rules", _READ, index),
    Page("POST", "/rules/order", _CHANGE, reorder),
    Page("POST", "/rules/{rule_id}/switch", _CHANGE, switch),
    Page("POST", "/rules/{rule_id}/move", _CHANGE, move),
    Page("POST", "/rules/{rule_id}/remove", _CHANGE, remove),
)
