"""What is merged of all sources, as the API and the pages ask for it: with the reasons."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import anyio.to_thread
import msgspec

from headwater.queries.looks import Looking, look
from headwater.syncing.looks import (
    OVERVIEW,
    STATEMENTS,
    WHAT_IF,
    Overview,
    OverviewLook,
    SaidOf,
    StatementsLook,
    WhatIf,
    WhatIfLook,
)
from headwater.syncing.model import Compare, Complete, RuleSet, Subject
from headwater.syncing.rules import Decision, State, comparison, complete, decide, normal

_COUNTED_AGAINST: Final = frozenset({State.WON, State.LOST, State.SAME, State.STALE})


class Decided(msgspec.Struct, frozen=True):
    """A trait of somebody: its value, the rule by which, and all that the sources say."""

    id: str
    trait: str
    rule: Complete
    decision: Decision


class Pair(msgspec.Struct, frozen=True):
    """Two sources, and how many people they say different things about."""

    one: str
    other: str
    people: int


class Conflicts(msgspec.Struct, frozen=True, rename="camel"):
    """About whom the sources differ in a trait. `pairs` are counted among the `looked_at` of all
    that differ, who are chosen by chance where they are fewer."""

    trait: str
    rule: Complete
    looked_at: int
    pairs: list[Pair]
    people: list[Decided]


class Syncing:
    """Tells what is merged and why, from what the warehouse holds when it is asked."""

    def __init__(self, warehouse: Looking) -> None:
        self._warehouse = warehouse

    async def overview(self, workspace_id: str, subject: Subject) -> Overview:
        """How much there is of each trait, and how far the sources agree about it."""
        return await look(self._warehouse, OVERVIEW, workspace_id, OverviewLook(subject), Overview)

    async def conflicts(
        self,
        workspace_id: str,
        subject: Subject,
        trait: str,
        rules: RuleSet,
        *,
        count: int,
        samples: int,
    ) -> Conflicts:
        """Which sources differ about a trait, with so many samples."""
        wanted = StatementsLook(subject, trait=trait, count=count)
        said = await self._said(workspace_id, wanted)
        return await anyio.to_thread.run_sync(_conflicts, trait, rules, said, samples)

    async def explained(
        self, workspace_id: str, subject: Subject, wanted: str, rules: RuleSet
    ) -> list[Decided]:
        """All traits of an id, each with what was said of it and what it was decided by."""
        said = await self._said(workspace_id, StatementsLook(subject, id=wanted))
        return _decided(said, rules)

    async def what_if(
        self,
        workspace_id: str,
        subject: Subject,
        before: RuleSet,
        after: RuleSet,
        *,
        count: int,
        samples: int,
    ) -> WhatIf:
        """What other rules would change."""
        wanted = WhatIfLook(subject, dict(before), dict(after), count, samples)
        return await look(self._warehouse, WHAT_IF, workspace_id, wanted, WhatIf)

    async def _said(self, workspace_id: str, wanted: StatementsLook) -> list[SaidOf]:
        return await look(self._warehouse, STATEMENTS, workspace_id, wanted, list[SaidOf])


def _decided(said: Sequence[SaidOf], rules: RuleSet) -> list[Decided]:
    found = []
    for each in said:
        rule = complete(rules, each.trait)
        found.append(Decided(each.id, each.trait, rule, decide(each.statements, rule, each.trait)))
    return found


def _conflicts(trait: str, rules: RuleSet, said: Sequence[SaidOf], samples: int) -> Conflicts:
    decided = [each for each in _decided(said, rules) if each.decision.differs]
    rule = complete(rules, trait)
    compare = comparison(rule.compare, trait)
    pairs = Counter(pair for each in decided for pair in _differing(each.decision, compare))
    return Conflicts(
        trait,
        rule,
        len(decided),
        [Pair(one, other, people) for (one, other), people in pairs.most_common()],
        decided[:samples],
    )


def _differing(decision: Decision, compare: Compare) -> list[tuple[str, str]]:
    """The pairs of sources that say different things."""
    values = {
        each.source: repr(normal(each.value, compare))
        for each in decision.candidates
        if each.state in _COUNTED_AGAINST
    }
    return [
        (one, other)
        for one, other in combinations(sorted(values), 2)
        if values[one] != values[other]
    ]
