"""The steps that events go through between collected and accepted, in their order, with what is
set in each: for the whole workspace, or for one source."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool

from headwater.access.permissions import Permission
from headwater.cleaning import changing as cleaning
from headwater.cleaning.model import PHASES, Phase, Rule
from headwater.cleaning.stages import phase_of
from headwater.functions import connecting
from headwater.plans import changing as plans
from headwater.transformations import changing as transformations
from headwater.web.frame import Visit
from headwater.web.governed import Touches, scope_parts, sources_by_id, touches
from headwater.web.navigation import N_
from headwater.web.rule_kinds import look_of
from headwater.workspaces.model import Source


class Step(msgspec.Struct, frozen=True):
    """Something that people set: what it is called, and whom it is for, in a few words each."""

    name: str
    href: str
    kind: str
    whom: Sequence[str]
    is_on: bool
    touches: Touches


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of the pipeline, where its steps are kept, and where one is made."""

    label: str
    about: str
    icon: str
    href: str
    new: str = ""
    steps: Sequence[Step] = ()

    @property
    def on(self) -> int:
        """How many of its steps are on."""
        return sum(step.is_on for step in self.steps)


_PHASES: Final = {
    Phase.CLEAN: (
        N_("Clean"),
        N_("What is wrong is put right, or left out."),
        "filter",
    ),
    Phase.ENRICH: (
        N_("Enrich"),
        N_("What can be told of an event is written down with it."),
        "plus",
    ),
    Phase.PROTECT: (
        N_("Protect"),
        N_("What need not be known of people is taken away, now that it has served."),
        "shield",
    ),
}


async def stages(visit: Visit, source: Source | None = None) -> list[Stage]:
    """The stages in the order in which events meet them; of one source, those steps that are for
    its events."""
    known = await sources_by_id(visit)
    counts = await touches(visit)
    among = list(known) if source is None else [source.id]
    return [
        *await _cleaning(visit, source, known, counts),
        await _plans(visit, among, known, counts),
        await _transformations(visit, among, known, counts),
        await _functions(visit, among, known, counts),
    ]


async def _cleaning(
    visit: Visit,
    source: Source | None,
    known: Mapping[str, Source],
    counts: Mapping[str, Touches],
) -> list[Stage]:
    found = await run_in_threadpool(cleaning.listed, visit.context.changes, visit.principal)
    concerned = [each for each in found if source is None or _is_for(each, source)]
    found_stages = []
    for phase in PHASES:
        label, about, icon = _PHASES[phase]
        steps = [
            Step(
                each.name,
                f"/rules/{each.id}",
                visit._(look_of(each.kind).label),
                scope_parts(visit, each.scope, known),
                each.enabled,
                counts.get(each.id, Touches()),
            )
            for each in concerned
            if phase_of(each) is phase
        ]
        found_stages.append(
            Stage(
                label=label,
                about=about,
                icon=icon,
                href="/rules",
                new=_new(visit, "/rules/new"),
                steps=steps,
            )
        )
    return found_stages


def _is_for(rule: Rule, source: Source) -> bool:
    return not rule.scope.sources or source.id in rule.scope.sources


async def _plans(
    visit: Visit,
    among: Collection[str],
    known: Mapping[str, Source],
    counts: Mapping[str, Touches],
) -> Stage:
    changes, by = visit.context.changes, visit.principal

    def read() -> list[Step]:
        steps = []
        for plan in plans.listed(changes, by):
            of = [each.id for each in plans.sources(changes, by, plan.id)]
            if any(each in among for each in of):
                whom = [known[each].name for each in of if each in known]
                counted = counts.get(plan.id, Touches())
                steps.append(Step(plan.name, f"/plans/{plan.id}", "", whom, True, counted))
        return steps

    return Stage(
        label=N_("Hold to the plan"),
        about=N_(
            "Events that their tracking plan does not admit are told, stripped or kept aside."
        ),
        icon="book",
        href="/plans",
        steps=await run_in_threadpool(read),
    )


async def _transformations(
    visit: Visit,
    among: Collection[str],
    known: Mapping[str, Source],
    counts: Mapping[str, Touches],
) -> Stage:
    found = await run_in_threadpool(transformations.listed, visit.context.changes, visit.principal)
    steps = [
        Step(
            each.name,
            f"/transformations/{each.id}",
            each.definition.condition,
            [known[each.source_id].name],
            each.enabled,
            counts.get(each.id, Touches()),
        )
        for each in _by_source(found, among)
    ]
    return Stage(
        label=N_("Transform"),
        about=N_("Other names, other values, hashes and masks, without code."),
        icon="edit",
        href="/transformations",
        new=_new(visit, "/transformations/new"),
        steps=steps,
    )


async def _functions(
    visit: Visit,
    among: Collection[str],
    known: Mapping[str, Source],
    counts: Mapping[str, Touches],
) -> Stage:
    steps: list[Step] = []
    if visit.may(Permission.FUNCTION_READ):
        found = await run_in_threadpool(connecting.listed, visit.context.changes, visit.principal)
        steps = [
            Step(
                each.name,
                f"/functions/{each.function_id}",
                "",
                [known[each.source_id].name],
                each.enabled,
                counts.get(each.id, Touches()),
            )
            for each in _by_source(found, among)
        ]
    return Stage(
        label=N_("Run functions"),
        about=N_("Code of your own, where rules do not reach."),
        icon="terminal",
        href="/functions",
        new="/functions/new" if visit.may(Permission.FUNCTION_ADMIN) else "",
        steps=steps,
    )


def _new(visit: Visit, path: str) -> str:
    return path if visit.may(Permission.PLAN_ADMIN) else ""


class _OfSource(Protocol):
    @property
    def source_id(self) -> str: ...


_T = TypeVar("_T", bound=_OfSource)


def _by_source(found: Sequence[_T], among: Collection[str]) -> list[_T]:
    """Those of some sources, source by source, each's in their order."""
    return [each for source_id in among for each in found if each.source_id == source_id]
