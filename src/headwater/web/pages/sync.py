"""/sync: which source wins for which trait, how far sources agree, and why somebody has what."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError, NotFoundError, WarehouseError
from headwater.syncing import changing
from headwater.syncing.looks import Overview, TraitFacts, WhatIf
from headwater.syncing.model import EVERY, Compare, Nulls, Policy, Rule, Subject
from headwater.syncing.rules import complete
from headwater.web.frame import Page, Visit
from headwater.web.governed import sources_by_id
from headwater.web.navigation import N_
from headwater.web.settings_form import last, sent
from headwater.web.sync_form import (
    BLANKS,
    COMPARES,
    DECIDERS,
    NULLS,
    POLICIES,
    STATES,
    choices,
    in_words,
    rule_of,
    source_rows,
)

_READ: Final = Permission.PLAN_READ
_CHANGE: Final = Permission.PLAN_ADMIN
_SEES: Final = (Permission.PLAN_READ, Permission.WAREHOUSE_READ, Permission.PII_READ)
_TITLES: Final = {Subject.PEOPLE: N_("Users"), Subject.ORGANIZATIONS: N_("Organizations")}
_LOOKED_AT: Final = 2_000
_TRIED: Final = 20_000
_SAMPLES: Final = 15


async def index(visit: Visit) -> Response:
    """Each trait with its rule, and how far the sources agree."""
    subject = _subject(visit.query("of", Subject.PEOPLE))
    rules, names = await _rules(visit, subject), await _names(visit)
    found = await _overview(visit, subject)
    facts = {each.trait: each for each in found.traits} if found else {}
    traits = [*facts, *(each for each in rules if each not in facts and each != EVERY)]
    return visit.render(
        "sync/list.html",
        subject=subject,
        titles=_TITLES,
        overview=found,
        rows=[
            (each, in_words(visit, complete(rules, each), names), facts.get(each), each in rules)
            for each in sorted(traits, key=lambda each: _worst_first(facts.get(each), each))
        ],
        every=in_words(visit, complete(rules, EVERY), names),
        names=names,
        may_change=visit.may(_CHANGE),
        may_see=visit.may(_SEES),
    )


def _worst_first(facts: TraitFacts | None, trait: str) -> tuple[int, str]:
    return (-facts.differing if facts else 0, trait)


async def show(visit: Visit) -> Response:
    subject, trait = _subject(visit.path("subject")), changing.trait_of(visit.path("trait"))
    rules = await _rules(visit, subject)
    return await _page(visit, subject, trait, rules.get(trait, Rule()))


async def change(visit: Visit) -> Response:
    """Keep the rule that was sent, or say what it would change."""
    subject, trait = _subject(visit.path("subject")), changing.trait_of(visit.path("trait"))
    values = await sent(visit)
    rules = await _rules(visit, subject)
    rule = rules.get(trait, Rule())
    try:
        rule = rule_of(values, rule, await _names(visit))
        if last(values, "act") == "try":
            return await _page(visit, subject, trait, rule, await _tried(visit, trait, rule))
        await run_in_threadpool(
            changing.put, visit.context.changes, visit.principal, subject, trait, rule
        )
    except HeadwaterError as error:
        return await _page(visit, subject, trait, rule, error=error)
    return visit.redirect(f"/sync?of={subject}", notice=visit._("Saved."))


async def remove(visit: Visit) -> Response:
    subject, trait = _subject(visit.path("subject")), visit.path("trait")
    await run_in_threadpool(changing.remove, visit.context.changes, visit.principal, subject, trait)
    return visit.redirect(f"/sync?of={subject}", notice=visit._("The rule is removed."))


async def explain(visit: Visit) -> Response:
    """What every source says of somebody, and what was decided by what."""
    subject, wanted = _subject(visit.path("subject")), visit.query("id").strip()
    rules, names = await _rules(visit, subject), await _names(visit)
    found = []
    if wanted:
        visit.context.changes.record_read(visit.principal, subject.value.title(), wanted)
        found = await visit.context.backends.syncing.explained(
            visit.principal.workspace_id, subject, wanted, rules
        )
    return visit.render(
        "sync/explain.html",
        subject=subject,
        titles=_TITLES,
        wanted=wanted,
        found=[(each, in_words(visit, each.rule, names)) for each in found],
        names=names,
        states=STATES,
        deciders=DECIDERS,
    )


async def _page(
    visit: Visit,
    subject: Subject,
    trait: str,
    rule: Rule,
    tried: WhatIf | None = None,
    error: HeadwaterError | None = None,
) -> Response:
    rules, names = await _rules(visit, subject), await _names(visit)
    conflicts, held = None, complete(rules, trait)
    if trait != EVERY and visit.may(_SEES):
        conflicts = await _conflicts(visit, subject, trait, rules)
    return visit.render(
        "sync/rule.html",
        error.status if error else 200,
        subject=subject,
        titles=_TITLES,
        trait=trait,
        title=visit._("All traits") if trait == EVERY else trait,
        rule=rule,
        is_kept=trait in rules,
        effect=in_words(visit, held, names),
        rows=source_rows(rule, names),
        policies=choices(visit, POLICIES, trait, Policy.NEWEST),
        nulls=choices(visit, NULLS, trait, Nulls.IGNORE),
        compares=choices(visit, COMPARES, trait, Compare.AUTO),
        blanks=choices(visit, BLANKS, trait, "yes"),
        problem_=visit.problem(error) if error else None,
        tried=tried,
        conflicts=conflicts,
        names=names,
        states=STATES,
        may_change=visit.may(_CHANGE),
        may_see=visit.may(_SEES),
    )


async def _tried(visit: Visit, trait: str, rule: Rule) -> WhatIf:
    subject, by = _subject(visit.path("subject")), visit.principal
    for permission in _SEES:
        by.require(permission)
    before, after = await run_in_threadpool(
        changing.proposed, visit.context.changes, by, subject, trait, rule
    )
    visit.context.changes.record_read(by, subject.value.title(), "trial of a sync rule")
    return await visit.context.backends.syncing.what_if(
        by.workspace_id, subject, before, after, count=_TRIED, samples=_SAMPLES
    )


async def _conflicts(visit: Visit, subject: Subject, trait: str, rules: Mapping[str, Rule]) -> Any:
    visit.context.changes.record_read(visit.principal, subject.value.title(), f"conflicts: {trait}")
    try:
        return await visit.context.backends.syncing.conflicts(
            visit.principal.workspace_id,
            subject,
            trait,
            rules,
            count=_LOOKED_AT,
            samples=_SAMPLES,
        )
    except WarehouseError:
        return None


async def _overview(visit: Visit, subject: Subject) -> Overview | None:
    """None where the warehouse does not answer, or the visitor may not ask it."""
    if not visit.may((Permission.PLAN_READ, Permission.WAREHOUSE_READ)):
        return None
    try:
        return await visit.context.backends.syncing.overview(visit.principal.workspace_id, subject)
    except WarehouseError:
        return None


async def _rules(visit: Visit, subject: Subject) -> dict[str, Rule]:
    found = await run_in_threadpool(changing.listed, visit.context.changes, visit.principal)
    return changing.rule_set(found, subject)


async def _names(visit: Visit) -> dict[str, str]:
    """The sources' names by their slugs."""
    return {each.slug: each.name for each in (await sources_by_id(visit)).values()}


def _subject(named: str) -> Subject:
    try:
        return Subject(named)
    except ValueError:
        raise NotFoundError(f"There is nothing called {named[:100]!r} to merge.") from None


_ONE: Final = "/sync/{subject}/rules/{trait}"

PAGES = (
    Page("GET", "/sync", _READ, index),
    Page("GET", "/sync/{subject}/explain", _SEES, explain),
    Page("GET", _ONE, _READ, show),
    Page("POST", _ONE, _CHANGE, change),
    Page("POST", f"{_ONE}/remove", _CHANGE, remove),
)
