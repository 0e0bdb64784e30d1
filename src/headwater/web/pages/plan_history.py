"""/plans/{id}/drift and /versions: what is sent otherwise than planned, and how the plan was."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.errors import HeadwaterError
from headwater.plans import changing
from headwater.plans.drift import settling
from headwater.plans.drift.model import Drift
from headwater.plans.files.comparing import PropertyChange, RuleChange, changes
from headwater.web.frame import Page, Visit
from headwater.web.planned import CHANGE, DRIFTS, READ, STATUSES, Open, opened, visible_sources


class DriftForm(msgspec.Struct):
    """The ticked drifts, and what is to become of them."""

    drift: list[str] = []
    act: str = "dismiss"


class VersionForm(msgspec.Struct):
    version: int = 0


async def drift(visit: Visit) -> Response:
    found = await opened(visit)
    drifts = await run_in_threadpool(
        settling.listed, visit.context.changes, visit.principal, found.plan.id
    )
    status = visit.query("status", "open")
    return visit.render(
        "plans/drift.html",
        open=found,
        drifts=[each for each in drifts if each.status == status],
        state=status,
        statuses=STATUSES,
        names=DRIFTS,
        patch_of=lambda each: _patch(each, found),
        sources={source.id: source for source in await visible_sources(visit)},
        may_change=visit.may(CHANGE),
    )


def _patch(each: Drift, found: Open) -> Sequence[PropertyChange]:
    """By what the plan would change."""
    [made] = settling.patches([each], found.rules)
    differing = changes([made.before] if made.before else [], [made.after])
    return [change for rule in differing for change in rule.properties if change.path]


async def settle(visit: Visit) -> Response:
    form = await visit.form(DriftForm)
    plan_id = visit.path("plan_id")
    act = settling.accept if form.act == "accept" else settling.dismiss
    here = f"/plans/{plan_id}/drift"
    if not form.drift:
        return visit.redirect(here, notice=visit._("Nothing was ticked."), tone="plain")
    try:
        await run_in_threadpool(act, visit.context.changes, visit.principal, plan_id, form.drift)
    except HeadwaterError as error:
        return visit.redirect(here, notice=visit.problem(error).message, tone="bad")
    notice = (
        visit._("They are taken into the plan.")
        if form.act == "accept"
        else visit._("They are not told again.")
    )
    return visit.redirect(here, notice=notice)


async def check(visit: Visit) -> Response:
    found = await opened(visit)
    new = await run_in_threadpool(
        visit.context.backends.drift.check, visit.principal.workspace_id, found.plan
    )
    notice = visit._("New drifts: %(count)s", count=len(new)) if new else visit._("Nothing new.")
    return visit.redirect(f"/plans/{found.plan.id}/drift", notice=notice)


async def versions(visit: Visit) -> Response:
    found = await opened(visit)
    gate, by = visit.context.changes, visit.principal
    listed = await run_in_threadpool(changing.versions, gate, by, found.plan.id)
    number = visit.query("version")
    differing: Sequence[RuleChange] | None = None
    chosen: Any = next((each for each in listed if str(each.number) == number), None)
    if chosen is not None:
        saved = await run_in_threadpool(changing.version, gate, by, found.plan.id, chosen.number)
        differing = changes(found.rules, saved.rules)
    return visit.render(
        "plans/versions.html",
        open=found,
        versions=listed,
        chosen=chosen,
        differing=differing,
        may_change=visit.may(CHANGE),
    )


async def restore(visit: Visit) -> Response:
    form, plan_id = await visit.form(VersionForm), visit.path("plan_id")
    gate, by = visit.context.changes, visit.principal
    saved = await run_in_threadpool(changing.version, gate, by, plan_id, form.version)
    note = f"Back to version {form.version}"
    await run_in_threadpool(changing.replace_rules, gate, by, plan_id, saved.rules, note=note)
    return visit.redirect(
        f"/plans/{plan_id}/versions",
        notice=visit._("The plan is as in version %(number)s.", number=form.version),
    )


PAGES = (
    Page("GET", "/plans/{plan_id}/drift", READ, drift),
    Page("POST", "/plans/{plan_id}/drift", CHANGE, settle),
    Page("POST", "/plans/{plan_id}/drift/check", CHANGE, check),
    Page("GET", "/plans/{plan_id}/versions", READ, versions),
    Page("POST", "/plans/{plan_id}/versions", CHANGE, restore),
)
