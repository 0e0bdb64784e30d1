"""From published plans to the stage of a source: each event against the plan, once."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import msgspec
import xxhash
from jsonschema_rs import ValidationError

from headwater.pipeline.beside import Beside
from headwater.pipeline.event import Drop, Event, Quarantine, Verdict
from headwater.pipeline.program import EachEvent, Memory, Stage, failed
from headwater.plans.compiling import Check, CompiledPlan, compile_plan
from headwater.plans.enforcing import (
    LENIENT,
    Decided,
    Enforcement,
    enforcements,
    on_common_faults,
    on_faults,
    on_unplanned_event,
)
from headwater.plans.forwarding import blocked, generated
from headwater.plans.model import Governed, Published
from headwater.plans.violating import MOST_PER_EVENT, Fault, faults, unplanned
from headwater.spec.violations import Remedy, Violation, ViolationType
from headwater.workspaces.model import Source
from headwater.workspaces.source_settings import SourceSettingsOutputV1

_UNUSABLE = (ValidationError, ValueError, LookupError, TypeError)


class PlanStage:
    """A source's tracking plan over its events. What it finds wrong it writes beside them."""

    def __init__(
        self, plan: CompiledPlan, settings: SourceSettingsOutputV1, source: Source
    ) -> None:
        self.name = f"plan:{plan.id}"
        self.touched: Counter[str] = Counter()
        self.beside = Beside()
        self._plan = plan
        self._title = f"tracking plan {plan.name!r}"
        self._source = source
        self._enforcements = enforcements(settings)
        self._violations_to = settings.forwarding_violations_to or ""
        self._blocked_to = settings.forwarding_blocked_events_to or ""

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Decide on each event; what fails at one keeps it aside."""
        verdicts: list[Verdict] = [None] * len(events)
        tracks, calls, common = self._plan.tracks, self._plan.calls, self._plan.common
        for index, event in enumerate(events):
            try:
                is_track = event.type == "track"
                versions = tracks.get(event.event or "") if is_track else calls.get(event.type)
                if versions is not None:
                    if versions.of(event).is_met(event) and (
                        common is None or common.of(event).is_met(event)
                    ):
                        continue
                elif not is_track and (common is None or common.of(event).is_met(event)):
                    continue
                verdicts[index] = self._judge(event)
            except Exception as error:
                verdicts[index] = failed(self.name, error)
        return verdicts

    def _judge(self, event: Event) -> Verdict:
        """Decide on an event that is not wholly as the plan says, and note what is wrong."""
        allowed = self._enforcements.get(event.type, LENIENT)
        noted: list[tuple[Fault, Remedy, int | None]] = []
        verdict = self._by_its_rule(event, allowed, noted)
        if verdict is None and self._plan.common is not None:
            check = self._plan.common.of(event)
            if found := _found(check, event):
                decided = on_common_faults(event, found, allowed, self._title)
                _note(noted, found, decided, check)
                verdict = decided.verdict
        if verdict is not None or any(remedy is Remedy.OMITTED for _, remedy, _ in noted):
            self.touched[self._plan.id] += 1
        return self._written(event, verdict, noted)

    def _by_its_rule(
        self,
        event: Event,
        allowed: Enforcement,
        noted: list[tuple[Fault, Remedy, int | None]],
    ) -> Quarantine | None:
        """What the rule of the event's own name or type makes of it."""
        plan = self._plan
        if event.type == "track":
            versions = plan.tracks.get(event.event or "")
            if versions is None:
                fault = unplanned(event)
                decided = on_unplanned_event(fault, allowed, self._title)
                _note(noted, [fault], decided, None)
                return decided.verdict
        else:
            versions = plan.calls.get(event.type)
            if versions is None:
                return None
        check = versions.of(event)
        found = _found(check, event)
        if not found:
            return None
        decided = on_faults(event, found, allowed, self._title)
        _note(noted, found, decided, check)
        return decided.verdict

    def _written(
        self,
        event: Event,
        verdict: Quarantine | None,
        noted: Sequence[tuple[Fault, Remedy, int | None]],
    ) -> Verdict:
        """Note the violations, and forward what is to be forwarded."""
        may_forward = not event.receipt.forwarded
        target = self._blocked_to if verdict is not None and may_forward else ""
        violations = [
            self._violation(event, each, Remedy.FORWARDED if target else None) for each in noted
        ]
        rest = len(violations) - MOST_PER_EVENT
        if rest > 0:
            violations = [*violations[: MOST_PER_EVENT - 1], _further(violations, rest + 1)]
        self.beside.violations += [(event.receipt, each) for each in violations]
        if self._violations_to and may_forward:
            self.beside.forwarded += [
                generated(each, event, self._source, self._plan.name, self._violations_to)
                for each in violations
            ]
        if not target:
            return verdict
        self.beside.forwarded.append(blocked(event, target, violations))
        return Drop(f"forwarded:{target}")

    def _violation(
        self, event: Event, noted: tuple[Fault, Remedy, int | None], instead: Remedy | None
    ) -> Violation:
        fault, remedy, version = noted
        receipt = event.receipt
        told = (receipt.source_id, event.message_id, self._plan.id, fault.field, fault.rule)
        return Violation(
            key=xxhash.xxh3_128_hexdigest(msgspec.json.encode(told)),
            plan_id=self._plan.id,
            received_at=receipt.received_at,
            message_id=event.message_id,
            event_type=event.type,
            event=event.event or event.name or "",
            type=fault.type,
            field=fault.field,
            rule=fault.rule,
            description=fault.description,
            value=fault.value,
            event_version=version,
            remedy=remedy if instead is None else instead,
        )


def _found(check: Check, event: Event) -> list[Fault]:
    """What is wrong with an event. However much it is, so many are enough to count."""
    return list(islice(faults(check, event), 1_000))


def _note(
    noted: list[tuple[Fault, Remedy, int | None]],
    found: Sequence[Fault],
    decided: Decided,
    check: Check | None,
) -> None:
    version = None if check is None else check.version
    for fault, remedy in zip(found, decided.remedies, strict=True):
        noted.append((fault, remedy, version))


def _further(violations: Sequence[Violation], count: int) -> Violation:
    """One violation that stands for all that are not told one by one."""
    return msgspec.structs.replace(
        violations[MOST_PER_EVENT - 1],
        type=ViolationType.FAILED_RULE,
        field="",
        rule="",
        description=f"And {count} more violations of this event",
        value="",
        count=count,
    )


def stages(published: Published, source: Source, memory: Memory) -> Sequence[Stage]:  # noqa: ARG001
    """The stage of a source's plan, if it has one."""
    governed = published.sources.get(source.id)
    return () if governed is None else (stage(published, governed, source),)


def stage(published: Published, governed: Governed, source: Source) -> Stage:
    """The stage of a plan for a source. One that cannot be made keeps the events aside."""
    try:
        plan = compile_plan(published.plans[governed.plan_id])
        return PlanStage(plan, governed.settings, source)
    except _UNUSABLE as error:
        verdict = failed(f"plan:{governed.plan_id}", error)
        return EachEvent(f"plan:{governed.plan_id}", lambda _: verdict)
