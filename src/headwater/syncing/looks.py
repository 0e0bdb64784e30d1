"""What the warehouse is asked of what is merged, and what it answers."""

from typing import Any, Final

import msgspec

from headwater.syncing.model import Rule, Subject
from headwater.syncing.rules import Statement

OVERVIEW: Final = "merged_overview"
STATEMENTS: Final = "merged_statements"
WHAT_IF: Final = "merged_what_if"

MOST_IDS: Final = 10_000
"""So many people are told of at once."""


class OverviewLook(msgspec.Struct, frozen=True):
    subject: Subject


class TraitFacts(msgspec.Struct, frozen=True, rename="camel"):
    """How many have a trait, have it of several sources, and have values that differ or are
    stale; and of how many the value is from each source."""

    trait: str
    type: str
    filled: int
    several: int
    differing: int
    stale: int
    won: dict[str, int]


class Overview(msgspec.Struct, frozen=True, rename="camel"):
    """What is merged of a subject. `waiting` are still to be put together, by new events or new
    rules; `sources` are those that tell of the subject."""

    subject: Subject
    total: int
    waiting: int
    sources: list[str]
    traits: list[TraitFacts]


class StatementsLook(msgspec.Struct, frozen=True):
    """What was said of an id, of all traits; or of a trait, of those about whom the sources
    differ, so many of them, chosen by chance."""

    subject: Subject
    id: str = ""
    trait: str = ""
    count: int = 100


class SaidOf(msgspec.Struct, frozen=True):
    """All statements about a trait of an id, in the order of arrival."""

    id: str
    trait: str
    statements: list[Statement]


class WhatIfLook(msgspec.Struct, frozen=True):
    """Two sets of rules, to be compared on so many people."""

    subject: Subject
    before: dict[str, Rule]
    after: dict[str, Rule]
    count: int
    samples: int


class ChangedValue(msgspec.Struct, frozen=True, rename="camel"):
    """A value that would be another."""

    id: str
    trait: str
    before: Any
    before_source: str
    after: Any
    after_source: str


class ChangedTrait(msgspec.Struct, frozen=True):
    """How many people's value of a trait would be another."""

    trait: str
    people: int


class WhatIf(msgspec.Struct, frozen=True, rename="camel"):
    """What other rules would change. `looked_at` of all `total` people were compared: all of
    them, or as many as chance chose, in which case `people` is of those."""

    total: int
    looked_at: int
    people: int
    traits: list[ChangedTrait]
    samples: list[ChangedValue]
