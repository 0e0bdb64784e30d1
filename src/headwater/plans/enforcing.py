"""What becomes of an event that the plan does not admit, by its source's schema settings."""

from collections.abc import Sequence
from typing import Final

import msgspec

from headwater.pipeline.event import Event, Quarantine
from headwater.plans.omitting import OMITTED, OMITTED_ON_VIOLATION, leave_out
from headwater.plans.subschemas import Path
from headwater.plans.violating import Fault, summary
from headwater.spec.reasons import Reason
from headwater.spec.violations import Remedy, ViolationType
from headwater.workspaces.source_settings import (
    EventOnViolations,
    SourceSettingsOutputV1,
    TraitsOnViolations,
)

_UNPLANNED: Final = (ViolationType.UNPLANNED_PROPERTY, ViolationType.UNPLANNED_TRAIT)


class Enforcement(msgspec.Struct, frozen=True):
    """What is allowed to the calls of one type. `common` is of the schema that all events share."""

    unplanned_events: bool = True
    unplanned_fields: bool = True
    events_on_violations: bool = True
    fields_on_violations: bool = True
    blocks_on_common: bool = False
    omits_on_common: bool = False


LENIENT = Enforcement()
"""Page, screen and alias calls: there are no settings for them, so all is let through."""


def enforcements(settings: SourceSettingsOutputV1) -> dict[str, Enforcement]:
    """By the types of calls; of other types all is let through. What is not set is allowed."""
    found: dict[str, Enforcement] = {}
    if track := settings.track or None:
        found["track"] = Enforcement(
            unplanned_events=track.allow_unplanned_events is not False,
            unplanned_fields=track.allow_unplanned_event_properties is not False,
            events_on_violations=track.allow_event_on_violations is not False,
            fields_on_violations=track.allow_properties_on_violations is not False,
            blocks_on_common=track.common_event_on_violations is EventOnViolations.BLOCK,
            omits_on_common=track.common_event_on_violations is EventOnViolations.OMIT_PROPERTIES,
        )
    for name, call in (("identify", settings.identify), ("group", settings.group)):
        if call:
            on_common = call.common_event_on_violations
            found[name] = Enforcement(
                unplanned_fields=call.allow_unplanned_traits is not False,
                fields_on_violations=call.allow_traits_on_violations is not False,
                blocks_on_common=on_common is TraitsOnViolations.BLOCK,
                omits_on_common=on_common is TraitsOnViolations.OMIT_TRAITS,
            )
    return found


class Decided(msgspec.Struct, frozen=True):
    """What was decided on an event: a verdict that blocks it, and what became of each fault."""

    verdict: Quarantine | None
    remedies: Sequence[Remedy]


def on_unplanned_event(fault: Fault, allowed: Enforcement, plan: str) -> Decided:
    """Of a track event that the plan does not have."""
    if allowed.unplanned_events:
        return Decided(None, [Remedy.ALLOWED])
    detail = f"{fault.description} ({plan})."
    return Decided(Quarantine(Reason.UNPLANNED_EVENT, detail), [Remedy.BLOCKED])


def on_faults(event: Event, found: Sequence[Fault], allowed: Enforcement, plan: str) -> Decided:
    """Of an event that is not as its own rule says. Fields may be left out of it."""
    said = [fault for fault in found if fault.is_said]
    if said and not allowed.events_on_violations:
        return _blocked(said, found, plan)
    gone: set[Path] = set()
    if not allowed.unplanned_fields:
        unplanned = [fault.path for fault in found if fault.type in _UNPLANNED]
        gone |= leave_out(event, unplanned, OMITTED)
    if not allowed.fields_on_violations:
        gone |= leave_out(event, [fault.path for fault in said], OMITTED_ON_VIOLATION)
    return Decided(None, _remedies(found, gone))


def on_common_faults(
    event: Event, found: Sequence[Fault], allowed: Enforcement, plan: str
) -> Decided:
    """Of an event that is not as all are to be. Fields may be left out of it."""
    if allowed.blocks_on_common:
        return _blocked(found, found, plan)
    gone: set[Path] = set()
    if allowed.omits_on_common:
        gone = leave_out(event, [fault.path for fault in found], OMITTED_ON_VIOLATION)
    return Decided(None, _remedies(found, gone))


def _blocked(said: Sequence[Fault], found: Sequence[Fault], plan: str) -> Decided:
    verdict = Quarantine(Reason.SCHEMA_VIOLATION, f"{summary(said)} ({plan}).")
    return Decided(verdict, [Remedy.BLOCKED] * len(found))


def _remedies(found: Sequence[Fault], gone: set[Path]) -> list[Remedy]:
    return [Remedy.OMITTED if fault.path in gone else Remedy.ALLOWED for fault in found]
