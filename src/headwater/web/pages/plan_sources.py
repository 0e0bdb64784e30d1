"""/plans/{id}/sources: whose events a plan is for, and what becomes of those that break it."""

from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import source_settings, sources
from headwater.access.permissions import Permission
from headwater.plans import changing
from headwater.web.frame import Page, Visit
from headwater.web.navigation import N_
from headwater.web.planned import CHANGE, READ, opened, visible_sources
from headwater.workspaces.source_settings import DEFAULT, SourceSettingsOutputV1


class Choice(msgspec.Struct, frozen=True):
    """A setting in plain words: its field, the question, and what can be answered."""

    field: str
    question: str
    options: tuple[tuple[str, str], ...]


_LET = ("allow", N_("Let it through"))
_EVENT: Final = (_LET, ("block", N_("Keep the event aside")))
_PROPERTY: Final = (_LET, ("omit", N_("Leave the property out")))
_TRAIT: Final = (_LET, ("omit", N_("Leave the trait out")))
CHOICES: Final = (
    Choice("track.allowUnplannedEvents", N_("An event that is not planned"), _EVENT),
    Choice("track.allowEventOnViolations", N_("An event that breaks its rule"), _EVENT),
    Choice("track.allowUnplannedEventProperties", N_("A property that is not planned"), _PROPERTY),
    Choice("track.allowPropertiesOnViolations", N_("A property that breaks its rule"), _PROPERTY),
    Choice("identify.allowUnplannedTraits", N_("A person's trait that is not planned"), _TRAIT),
    Choice("identify.allowTraitsOnViolations", N_("A person's trait that breaks its rule"), _TRAIT),
    Choice("group.allowUnplannedTraits", N_("A group's trait that is not planned"), _TRAIT),
    Choice("group.allowTraitsOnViolations", N_("A group's trait that breaks its rule"), _TRAIT),
)
_COMMON: Final = (
    _LET,
    ("block", N_("Keep the event aside")),
    ("omit", N_("Leave out what breaks it")),
)
_FORWARDS: Final = ("forwardingViolationsTo", "forwardingBlockedEventsTo")


class ConnectForm(msgspec.Struct):
    source: str = ""


class SettingsForm(msgspec.Struct):
    """The answers, in the order of CHOICES; then what is common, and where things go."""

    answer: list[str] = []
    common: str = "allow"
    forwarding_violations_to: str = ""
    forwarding_blocked_events_to: str = ""


async def show(visit: Visit) -> Response:
    found = await opened(visit)
    every = await visible_sources(visit)
    gate, by = visit.context.changes, visit.principal
    connected = {source.id for source in found.sources}
    may_set = {
        source.id
        for source in found.sources
        if by.may(Permission.SOURCE_ADMIN, sources.resource(source))
    }

    def settings() -> dict[str, dict[str, Any]]:
        return {
            source.id: _flat(source_settings.schema(gate, by, source.id))
            for source in found.sources
        }

    return visit.render(
        "plans/sources.html",
        open=found,
        settings=await run_in_threadpool(settings),
        choices=CHOICES,
        common=_COMMON,
        others=[source for source in every if source.id not in connected],
        every=every,
        may_change=visit.may(CHANGE),
        may_set=may_set,
    )


async def connect(visit: Visit) -> Response:
    form, plan_id = await visit.form(ConnectForm), visit.path("plan_id")
    await run_in_threadpool(
        changing.connect, visit.context.changes, visit.principal, plan_id, form.source
    )
    return visit.redirect(f"/plans/{plan_id}/sources", notice=visit._("The source is connected."))


async def disconnect(visit: Visit) -> Response:
    form, plan_id = await visit.form(ConnectForm), visit.path("plan_id")
    await run_in_threadpool(
        changing.disconnect, visit.context.changes, visit.principal, plan_id, form.source
    )
    return visit.redirect(
        f"/plans/{plan_id}/sources", notice=visit._("The source is not held to the plan any more.")
    )


async def enforce(visit: Visit) -> Response:
    """Keep what becomes of a source's events that break the plan."""
    form, plan_id = await visit.form(SettingsForm), visit.path("plan_id")
    wanted: dict[str, Any] = {"track": {}, "identify": {}, "group": {}}
    for choice, given in zip(CHOICES, form.answer, strict=False):
        kind, _, name = choice.field.partition(".")
        wanted[kind][name] = given == "allow"
    common = form.common if form.common in ("block", "omit") else "allow"
    for kind, what in (("track", "PROPERTIES"), ("identify", "TRAITS"), ("group", "TRAITS")):
        value = f"OMIT_{what}" if common == "omit" else common.upper()
        wanted[kind]["commonEventOnViolations"] = value
    wanted["forwardingViolationsTo"] = form.forwarding_violations_to
    wanted["forwardingBlockedEventsTo"] = form.forwarding_blocked_events_to
    await run_in_threadpool(
        source_settings.update_schema,
        visit.context.changes,
        visit.principal,
        visit.path("source_id"),
        msgspec.convert(wanted, SourceSettingsOutputV1),
    )
    return visit.redirect(
        f"/plans/{plan_id}/sources", notice=visit._("It holds for events from now on.")
    )


def _flat(found: SourceSettingsOutputV1) -> dict[str, Any]:
    """Settings by the fields of CHOICES: the answer of each."""
    given = msgspec.to_builtins(found)
    held = {
        kind: {**values, **given.get(kind, {})} if isinstance(values, dict) else values
        for kind, values in msgspec.to_builtins(DEFAULT).items()
    }
    answers: dict[str, Any] = {}
    for choice in CHOICES:
        kind, _, name = choice.field.partition(".")
        answers[choice.field] = "allow" if held[kind].get(name, True) else choice.options[1][0]
    common = str(held["track"].get("commonEventOnViolations", "ALLOW"))
    answers["common"] = "omit" if common.startswith("OMIT") else common.lower()
    return answers | {name: given.get(name, "") for name in _FORWARDS}


PAGES = (
    Page("GET", "/plans/{plan_id}/sources", READ, show),
    Page("POST", "/plans/{plan_id}/sources", CHANGE, connect),
    Page("POST", "/plans/{plan_id}/sources/disconnect", CHANGE, disconnect),
    Page("POST", "/plans/{plan_id}/sources/{source_id}", READ, enforce),
)
