"""/plans/infer: a plan that is proposed by what a source sends, taken whole or in parts."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.errors import BadRequestError, HeadwaterError, NotFoundError
from headwater.plans import changing
from headwater.plans.changing import Upsert
from headwater.plans.inferring.choosing import chosen
from headwater.plans.inferring.model import ASPECTS, Inferred, Proposal, Thresholds
from headwater.plans.inferring.running import infer
from headwater.plans.model import Rule, RuleType
from headwater.web.frame import Page, Visit
from headwater.web.navigation import N_
from headwater.web.planned import CHANGE, READ, TYPE_NAMES, sees_people, visible_sources
from headwater.workspaces.model import Source

MOST_SHOWN: Final = 150
_COUNTS: Final = (1_000, 10_000, 50_000)
_ASPECT_NAMES: Final = {
    "required": N_("What is required"),
    "enums": N_("Allowed values"),
    "ranges": N_("Ranges of numbers"),
    "formats": N_("Formats of texts"),
}


class TakeForm(msgspec.Struct):
    """What of the proposals is taken: those ticked by their number, without the properties that
    are ticked (`number:path`); into a plan, or a new one of this name."""

    proposal: list[str] = []
    take: list[str] = []
    without: list[str] = []
    aspect: list[str] = []
    plan: str = ""
    name: str = ""


class Proposed(msgspec.Struct, frozen=True):
    """A proposal as the page sends it back."""

    type: RuleType
    key: str
    version: int
    schema: dict[str, Any]


async def show(visit: Visit) -> Response:
    every = await visible_sources(visit)
    named = visit.query("source")
    source = next((each for each in every if named in (each.id, each.slug)), None)
    text = visit.query("last", "10000")
    count = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 10_000
    found = None
    if source is not None:
        visit.principal.require(READ)
        found = await _inferred(visit, source, max(1, min(count, _COUNTS[-1])))
    elif named:
        raise NotFoundError(f"There is no source {named[:100]!r}.")
    plans = await run_in_threadpool(changing.listed, visit.context.changes, visit.principal)
    wanted = visit.query("plan")
    held = (
        await run_in_threadpool(changing.rules, visit.context.changes, visit.principal, wanted)
        if wanted
        else []
    )
    return visit.render(
        "plans/infer.html",
        sources=every,
        source=source,
        count=count,
        counts=_COUNTS,
        inferred=found,
        proposals=found.proposals[:MOST_SHOWN] if found else (),
        packed=_packed,
        plans=plans,
        plan=wanted,
        held={rule.id for rule in held},
        is_held=lambda each: any(
            (rule.type, rule.key, rule.version) == (each.type, each.key, each.version)
            for rule in held
        ),
        aspects=_ASPECT_NAMES,
        type_names=TYPE_NAMES,
        thresholds=Thresholds(),
        may_change=visit.may(CHANGE),
    )


async def _inferred(visit: Visit, source: Source, count: int) -> Inferred:
    sees = sees_people(visit, source)
    found = await run_in_threadpool(
        infer,
        visit.context.backends.sample,
        source.id,
        count=count,
        since=0,
        thresholds=Thresholds(),
        shows_values=sees,
    )
    if sees:
        visit.context.changes.record_read(
            visit.principal, "Events", f"inference of a plan from {source.name}"
        )
    return found


def _packed(proposal: Proposal) -> str:
    made = Proposed(proposal.type, proposal.key, proposal.version, proposal.json_schema)
    return msgspec.json.encode(made).decode()


async def take(visit: Visit) -> Response:
    """Put what is ticked into a plan: events that it has already are replaced."""
    form = await visit.form(TakeForm)
    upserts = [Upsert(rule) for rule in _taken(form)]
    gate, by = visit.context.changes, visit.principal
    if not upserts:
        return visit.redirect("/plans/infer", notice=visit._("Nothing was ticked."), tone="plain")
    note = "Inferred from what is sent"
    try:
        plan_id = form.plan
        if not plan_id:
            plan_id = (await run_in_threadpool(changing.create, gate, by, form.name)).id
        await run_in_threadpool(changing.upsert_rules, gate, by, plan_id, upserts, note=note)
    except HeadwaterError as error:
        message = visit.problem(error).message
        return visit.redirect("/plans/infer", notice=message, tone="bad")
    return visit.redirect(
        f"/plans/{plan_id}", notice=visit._("Rules taken: %(count)s", count=len(upserts))
    )


def _taken(form: TakeForm) -> Sequence[Rule]:
    aspects = [each for each in ASPECTS if each in form.aspect]
    rules = []
    for number, text in enumerate(form.proposal):
        if str(number) not in form.take:
            continue
        try:
            each = msgspec.json.decode(text, type=Proposed)
        except msgspec.MsgspecError as error:
            raise BadRequestError(f"proposal: {error}.") from None
        start = f"{number}:"
        without = {path[len(start) :] for path in form.without if path.startswith(start)}
        schema = chosen(each.schema, aspects=aspects, without=without)
        rules.append(Rule(each.type, each.key, each.version, schema))
    return rules


PAGES = (
    Page("GET", "/plans/infer", READ, show),
    Page("POST", "/plans/infer", CHANGE, take),
)
