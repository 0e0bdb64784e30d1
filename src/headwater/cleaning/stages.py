"""From published rules to the stages of a source."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from headwater import fql
from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import PHASES, Decide, Making, Phase, Published, Rule
from headwater.errors import FqlError
from headwater.pipeline.event import Event, Verdict
from headwater.pipeline.members import View
from headwater.pipeline.program import EachEvent, Memory, Stage, failed
from headwater.workspaces.model import Source


class RuleStage:
    """One rule over the events of a source that its scope admits."""

    def __init__(self, rule: Rule, decide: Decide) -> None:
        self.name = name_of(rule)
        self.touched: Counter[str] = Counter()
        self._rule_id = rule.id
        self._types = frozenset(rule.scope.types)
        self._events = frozenset(rule.scope.events)
        self._holds = fql.compile(rule.scope.condition) if rule.scope.condition else None
        self._decide = decide

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Decide on each event in the rule's scope; an event that it fails at is kept aside."""
        verdicts: list[Verdict] = [None] * len(events)
        decide, touched = self._decide, 0
        for index, event in self._admitted(events):
            try:
                decision = decide(event)
            except Exception as error:
                verdicts[index] = failed(self.name, error)
                continue
            if decision is False:
                continue
            touched += 1
            if decision is not True:
                verdicts[index] = decision
        if touched:
            self.touched[self._rule_id] += touched
        return verdicts

    def _admitted(self, events: list[Event]) -> Sequence[tuple[int, Event]]:
        """The events in the scope, and their places."""
        found: Sequence[tuple[int, Event]] = list(enumerate(events))
        if self._types:
            types = self._types
            found = [each for each in found if each[1].type in types]
        if self._events and found:
            names = self._events
            found = [e for e in found if e[1].event in names or e[1].name in names]
        if self._holds is not None and found:
            holds, view = self._holds, View(found[0][1])
            found = [each for each in found if _holds(holds, view, each[1])]
        return found


def _holds(holds: Callable[[Any], bool], view: View, event: Event) -> bool:
    view.event = event
    return holds(view)


def phase_of(rule: Rule) -> Phase:
    """When a rule has its turn; one of a kind that this version does not have comes first."""
    kind = KINDS.get(rule.kind)
    return Phase.CLEAN if kind is None else kind.phase


def name_of(rule: Rule) -> str:
    """The name of a rule's stage, such as `clean:ID`."""
    return f"{phase_of(rule)}:{rule.id}"


def in_turn(rules: Iterable[Rule]) -> list[Rule]:
    """Rules, which are in the order of their positions, in that of their phases."""
    return sorted(rules, key=lambda rule: PHASES.index(phase_of(rule)))


def stages(published: Published, source: Source, memory: Memory) -> Sequence[Stage]:
    """A stage for each rule of a source, in their order."""
    return [
        stage(rule, memory, source.id)
        for rule in in_turn(published.rules.get(source.workspace_id, ()))
        if not rule.scope.sources or source.id in rule.scope.sources
    ]


def stage(rule: Rule, memory: Memory, source_id: str) -> Stage:
    """The stage of one rule for a source. One that cannot be made, as of a kind that this version
    does not have, keeps aside what it would be for, so that no event passes a rule unseen."""
    try:
        return RuleStage(rule, decider(rule, memory, source_id))
    except (ValueError, FqlError, msgspec.ValidationError, KeyError) as error:
        verdict = failed(name_of(rule), error)
        return EachEvent(name_of(rule), lambda _: verdict)


def decider(rule: Rule, memory: Memory, source_id: str = "") -> Decide:
    """What a rule does with an event in its scope. Raises ValueError and FqlError where its
    settings cannot be used, and KeyError for a kind that there is not."""
    kind = KINDS[rule.kind]
    settings = msgspec.convert(rule.settings, type=kind.settings)
    return kind.compiled(settings, Making(rule.id, rule.name, memory, source_id))
