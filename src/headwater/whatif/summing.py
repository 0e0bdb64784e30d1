"""The sum of all that differs, as it gathers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from operator import itemgetter
from typing import Any, Final

import msgspec
import xxhash

from headwater.ports import Outcome
from headwater.whatif.comparing import Difference
from headwater.whatif.leading import Leading, Violated
from headwater.whatif.model import (
    Compared,
    Effect,
    EventAccount,
    EventEffects,
    FieldChange,
    FieldExample,
    RuleEffect,
    ViolationEffect,
    WarehouseEffect,
    WhatIfSummary,
)

MOST_EVENTS: Final = 100
MOST_FIELDS: Final = 200
_MOST_HELD: Final = 5_000
_MOST_EXAMPLES: Final = 3
_LONGEST: Final = 300

_Tallies = Mapping[tuple[Outcome, str], int]


class _Field(msgspec.Struct):
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    examples: list[FieldExample] = []


class Summing:
    """Counts what differs; names and paths that are too many to be held are left out."""

    def __init__(self, samples: int) -> None:
        self._samples: dict[Effect, list[tuple[int, Compared]]] = defaultdict(list)
        self.effects: Counter[Effect] = Counter()
        self._most = samples
        self._people: set[int] = set()
        self._events: dict[tuple[str, str], Counter[Effect]] = defaultdict(Counter)
        self._fields: dict[str, _Field] = {}

    def add(self, found: Iterable[Difference]) -> None:
        """Count some more."""
        for each in found:
            compared = each.compared
            self.effects[compared.effect] += 1
            if each.person:
                self._people.add(xxhash.xxh3_64_intdigest(each.person.encode()))
            name = (compared.type, compared.event)
            if name in self._events or len(self._events) < _MOST_HELD:
                self._events[name][compared.effect] += 1
            self._add_fields(compared)
            samples = self._samples[compared.effect]
            if len(samples) < self._most:
                samples.append((self.effects.total(), compared))

    def _add_fields(self, compared: Compared) -> None:
        for each in compared.differences:
            field = self._fields.get(each.path)
            if field is None:
                if len(self._fields) >= _MOST_HELD:
                    continue
                field = self._fields[each.path] = _Field()
            field.counts[each.change] += 1
            if len(field.examples) < _MOST_EXAMPLES:
                field.examples.append(
                    FieldExample(compared.message_id, _short(each.before), _short(each.after))
                )

    def samples(self) -> list[Compared]:
        """Some of the events, in their order: of each effect as many, where there are."""
        taken: list[tuple[int, Compared]] = []
        for row in zip_longest(*self._samples.values()):
            taken += [each for each in row if each is not None]
        return [compared for _, compared in sorted(taken[: self._most], key=itemgetter(0))]

    def summary(
        self, read: int, was: Leading, becomes: Leading, warehouse: WarehouseEffect
    ) -> WhatIfSummary:
        """All of it, the most frequent first."""
        events = sorted(self._events.items(), key=lambda each: (-each[1].total(), each[0]))
        fields = sorted(self._fields.items(), key=lambda each: (-each[1].counts.total(), each[0]))
        return WhatIfSummary(
            read=read,
            before=account(was.tallies),
            after=account(becomes.tallies),
            effects=dict(self.effects),
            people=len(self._people),
            touched=_touched(was.tallies, becomes.tallies),
            violations=_violations(was.violations, becomes.violations),
            events=[EventEffects(*name, dict(found)) for name, found in events[:MOST_EVENTS]],
            fields=[_field(path, found) for path, found in fields[:MOST_FIELDS]],
            warehouse=warehouse,
        )


def account(tallies: _Tallies) -> EventAccount:
    """What became of all events."""
    by_reason: dict[Outcome, dict[str, int]] = defaultdict(dict)
    for (outcome, reason), count in sorted(tallies.items()):
        by_reason[outcome][reason] = count
    return EventAccount(
        accepted=sum(by_reason[Outcome.PASSED].values()),
        duplicates=sum(by_reason[Outcome.DUPLICATE].values()),
        quarantined=by_reason[Outcome.QUARANTINED],
        dropped=by_reason[Outcome.FILTERED],
    )


def _touched(before: _Tallies, after: _Tallies) -> list[RuleEffect]:
    touched = {
        reason
        for tallies in (before, after)
        for outcome, reason in tallies
        if outcome is Outcome.TOUCHED
    }
    return [
        RuleEffect(
            each,
            before.get((Outcome.TOUCHED, each), 0),
            after.get((Outcome.TOUCHED, each), 0),
        )
        for each in sorted(touched)
    ]


def _violations(before: Counter[Violated], after: Counter[Violated]) -> list[ViolationEffect]:
    """Those that are not as often, the most different first."""
    found = [
        ViolationEffect(*each, before[each], after[each])
        for each in before.keys() | after.keys()
        if before[each] != after[each]
    ]
    return sorted(found, key=lambda each: (-abs(each.after - each.before), each))[:MOST_FIELDS]


def _field(path: str, found: _Field) -> FieldChange:
    counts = found.counts
    return FieldChange(path, counts["added"], counts["removed"], counts["changed"], found.examples)


def _short(value: Any) -> Any:
    """A value, or the beginning of its JSON where it is long."""
    text = msgspec.json.encode(value)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST].decode('utf-8', 'ignore')}…"
