"""/plans: the tracking plans, and one: its events, the rule of each, its name, its end."""

import json
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.errors import HeadwaterError, NotFoundError, UnavailableError
from headwater.plans import changing
from headwater.plans.changing import Upsert
from headwater.plans.drift import settling
from headwater.plans.linting.linting import lint
from headwater.plans.linting.model import Conventions
from headwater.plans.model import Rule, RuleId, RuleType
from headwater.plans.violations import reading
from headwater.plans.violations.model import Selection
from headwater.web.frame import Page, Visit
from headwater.web.navigation import WHAT_IF
from headwater.web.plan_forms import (
    EventForm,
    PlanForm,
    PropertyForm,
    SchemaForm,
    rule_of,
    with_property,
    with_schema,
)
from headwater.web.planned import (
    CHANGE,
    KINDS,
    READ,
    TYPE_NAMES,
    Open,
    by_type,
    opened,
    rows,
    rule_path,
    visible_sources,
)

_DAY: Final = 86_400_000_000


class RemoveForm(msgspec.Struct):
    typed: str = ""


async def index(visit: Visit) -> Response:
    return await _index(visit, PlanForm())


async def _index(visit: Visit, form: PlanForm, error: HeadwaterError | None = None) -> Response:
    gate, by = visit.context.changes, visit.principal
    plans = await run_in_threadpool(changing.listed, gate, by)

    def counts() -> dict[str, tuple[int, int]]:
        return {
            plan.id: (
                len(changing.rules(gate, by, plan.id)),
                len(changing.sources(gate, by, plan.id)),
            )
            for plan in plans
        }

    return visit.render(
        "plans/list.html",
        200 if error is None else error.status,
        plans=plans,
        counts=await run_in_threadpool(counts),
        drifts=await run_in_threadpool(settling.open_counts, gate, by),
        violations=await _violations(visit),
        may_change=visit.may(CHANGE),
        form=form,
        problem=visit.problem(error) if error else None,
    )


async def _violations(visit: Visit) -> dict[str, int] | None:
    """How many each plan had in 24 hours; None while the warehouse does not answer."""
    found: dict[str, int] = {}
    since = visit.context.clock.now() - _DAY
    plans = await run_in_threadpool(changing.listed, visit.context.changes, visit.principal)
    ids = [source.id for source in await visible_sources(visit)]
    try:
        for plan in plans:
            wanted = Selection(plan_id=plan.id, since=since)
            counted = await reading.counts(
                visit.context.warehouse, visit.principal.workspace_id, ids, wanted
            )
            found[plan.id] = sum(each.count for each in counted)
    except UnavailableError:
        return None
    return found


async def create(visit: Visit) -> Response:
    form = await visit.form(PlanForm)
    try:
        made = await run_in_threadpool(
            changing.create, visit.context.changes, visit.principal, form.name, form.description
        )
    except HeadwaterError as error:
        return await _index(visit, form, error)
    return visit.redirect(f"/plans/{made.id}", notice=visit._("%(name)s is made.", name=made.name))


async def show(visit: Visit) -> Response:
    return await _show(visit, EventForm())


async def _show(visit: Visit, form: EventForm, error: HeadwaterError | None = None) -> Response:
    found = await opened(visit)
    return visit.render(
        "plans/events.html",
        200 if error is None else error.status,
        open=found,
        groups=by_type(found.rules),
        type_names=TYPE_NAMES,
        rows=rows,
        rule_path=rule_path,
        findings=await run_in_threadpool(lint, found.rules, Conventions(descriptions=False)),
        may_change=visit.may(CHANGE),
        may_try=visit.may(WHAT_IF),
        form=form,
        problem=visit.problem(error) if error else None,
    )


async def add_event(visit: Visit) -> Response:
    form = await visit.form(EventForm)
    found = await opened(visit)
    try:
        made = rule_of(form, found.rules)
        await _upsert(visit, found, made)
    except HeadwaterError as error:
        return await _show(visit, form, error)
    return visit.redirect(rule_path(found.plan, made))


async def change(visit: Visit) -> Response:
    form, plan_id = await visit.form(PlanForm), visit.path("plan_id")
    await run_in_threadpool(
        changing.change,
        visit.context.changes,
        visit.principal,
        plan_id,
        form.name,
        form.description,
    )
    return visit.redirect(f"/plans/{plan_id}", notice=visit._("It is kept."))


async def remove(visit: Visit) -> Response:
    form = await visit.form(RemoveForm)
    found = await opened(visit)
    if form.typed != found.plan.name:
        notice = visit._("The name was not typed as it is: nothing was removed.")
        return visit.redirect(f"/plans/{found.plan.id}", notice=notice, tone="bad")
    await run_in_threadpool(changing.remove, visit.context.changes, visit.principal, found.plan.id)
    notice = visit._("%(name)s is removed.", name=found.plan.name)
    return visit.redirect("/plans", notice=notice)


async def rule(visit: Visit) -> Response:
    found = await opened(visit)
    return await _rule(visit, found, _named(visit, found), PropertyForm())


async def _rule(
    visit: Visit,
    found: Open,
    held: Rule,
    form: PropertyForm,
    edited: str | None = None,
    error: HeadwaterError | None = None,
) -> Response:
    schema = json.dumps(held.json_schema, ensure_ascii=False, indent=2)
    return visit.render(
        "plans/rule.html",
        200 if error is None else error.status,
        open=found,
        rule=held,
        rows=rows(held),
        kinds=KINDS,
        type_names=TYPE_NAMES,
        here=rule_path(found.plan, held),
        schema=schema if edited is None else edited,
        findings=[each for each in lint([held]) if each.level == "error"],
        may_change=visit.may(CHANGE),
        form=form,
        problem=visit.problem(error) if error else None,
        is_edited=edited is not None,
    )


async def add_property(visit: Visit) -> Response:
    form = await visit.form(PropertyForm)
    found = await opened(visit)
    held = _named(visit, found)
    try:
        await _upsert(visit, found, with_property(held, form))
    except HeadwaterError as error:
        return await _rule(visit, found, held, form, error=error)
    notice = visit._("%(name)s is planned.", name=form.name.strip())
    return visit.redirect(rule_path(found.plan, held), notice=notice)


async def save_schema(visit: Visit) -> Response:
    form = await visit.form(SchemaForm)
    found = await opened(visit)
    held = _named(visit, found)
    try:
        await _upsert(visit, found, with_schema(held, form))
    except HeadwaterError as error:
        return await _rule(visit, found, held, PropertyForm(), form.schema, error)
    return visit.redirect(rule_path(found.plan, held), notice=visit._("It is kept."))


async def remove_rule(visit: Visit) -> Response:
    found = await opened(visit)
    held = _named(visit, found)
    await run_in_threadpool(
        changing.remove_rules, visit.context.changes, visit.principal, found.plan.id, [held.id]
    )
    name = held.key or visit._(TYPE_NAMES[held.type])
    return visit.redirect(
        f"/plans/{found.plan.id}", notice=visit._("%(name)s is removed.", name=name)
    )


async def _upsert(visit: Visit, found: Open, made: Rule) -> None:
    await run_in_threadpool(
        changing.upsert_rules,
        visit.context.changes,
        visit.principal,
        found.plan.id,
        [Upsert(made)],
    )


def _named(visit: Visit, found: Open) -> Rule:
    """The rule that the query names. Raises NotFoundError."""
    type_, version = visit.query("type"), visit.query("version", "1")
    if type_ in set(RuleType) and version.isascii() and version.isdecimal():
        wanted = RuleId(RuleType(type_), visit.query("key"), int(version))
        for each in found.rules:
            if each.id == wanted:
                return each
    raise NotFoundError("The tracking plan has no such rule (any more).")


PAGES = (
    Page("GET", "/plans", READ, index),
    Page("POST", "/plans", CHANGE, create),
    Page("GET", "/plans/{plan_id}", READ, show),
    Page("POST", "/plans/{plan_id}", CHANGE, change),
    Page("POST", "/plans/{plan_id}/remove", CHANGE, remove),
    Page("POST", "/plans/{plan_id}/events", CHANGE, add_event),
    Page("GET", "/plans/{plan_id}/rule", READ, rule),
    Page("POST", "/plans/{plan_id}/rule", CHANGE, save_schema),
    Page("POST", "/plans/{plan_id}/rule/property", CHANGE, add_property),
    Page("POST", "/plans/{plan_id}/rule/remove", CHANGE, remove_rule),
)
