"""What would be different: event by event, and in sum."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from headwater.debugger.model import Difference
from headwater.loading.model import ColumnRow, NameEvent

MOST_EVENTS: Final = 1_000_000
"""No answer is about more."""
MOST_SAMPLES: Final = 200
MOST_PASTED: Final = 100


class Effect(StrEnum):
    """What the other configuration does to an event."""

    CHANGED = "changed"
    DROPPED = "dropped"
    QUARANTINED = "quarantined"
    RELEASED = "released"
    """It passes, and did not."""
    DUPLICATE = "duplicate"
    """Another of its messageId passes, which did not."""
    DECIDED_OTHERWISE = "decided_otherwise"
    """It passes neither way, for another reason."""


class Compared(msgspec.Struct, frozen=True, rename="camel"):
    """An event that differs: as it would pass under each, null where it would not.

    `detail` is why it does not pass, or why it did not.
    """

    message_id: str
    source_id: str
    type: str
    event: str
    effect: Effect
    detail: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    differences: Sequence[Difference]


class EventAccount(msgspec.Struct, frozen=True):
    """What became of all events: these add up to what was read."""

    accepted: int = 0
    duplicates: int = 0
    quarantined: Mapping[str, int] = {}
    """By reason."""
    dropped: Mapping[str, int] = {}
    """By reason: `rule:ID` and the like."""


class RuleEffect(msgspec.Struct, frozen=True):
    """How many events something altered or decided on, before and after."""

    id: str
    before: int
    after: int


class ViolationEffect(msgspec.Struct, frozen=True, rename="camel", order=True):
    """How often events differ in one way from their tracking plan, before and after."""

    plan_id: str
    type: str
    event: str
    violation: str
    field: str
    before: int
    after: int


class EventEffects(msgspec.Struct, frozen=True):
    """The events of a type and name that differ, by effect."""

    type: str
    event: str
    effects: Mapping[Effect, int]


class FieldExample(msgspec.Struct, frozen=True, rename="camel"):
    """A value before and after; null also where there is none."""

    message_id: str
    before: Any = None
    after: Any = None


class FieldChange(msgspec.Struct, frozen=True):
    """A path at which events differ: how many have something there only after, only before, and
    something else."""

    path: str
    added: int
    removed: int
    changed: int
    examples: Sequence[FieldExample]


class TableEffect(msgspec.Struct, frozen=True):
    """A table of the warehouse."""

    schema: str
    table: str


class ColumnEffect(msgspec.Struct, frozen=True):
    """A column of the warehouse, and its type."""

    schema: str
    table: str
    column: str
    type: str


class TypeEffect(msgspec.Struct, frozen=True):
    """A column whose type would be another."""

    schema: str
    table: str
    column: str
    before: str
    after: str


class MisfitEffect(msgspec.Struct, frozen=True):
    """Values that would have no place in their column, before and after; `example` is one."""

    schema: str
    table: str
    column: str
    reason: str
    before: int
    after: int
    example: str


class WarehouseEffect(msgspec.Struct, frozen=True, rename="camel"):
    """What is different in the warehouse, by the loader's own code.

    Tables and columns are added to those that there are; `unfilled` are columns that these events
    fill now and would not. `is_known` says whether the warehouse's tables were known: without
    them everything is held against an empty warehouse.
    """

    is_known: bool = False
    tables_added: Sequence[TableEffect] = ()
    columns_added: Sequence[ColumnEffect] = ()
    types_changed: Sequence[TypeEffect] = ()
    unfilled: Sequence[ColumnEffect] = ()
    misfits: Sequence[MisfitEffect] = ()
    refused_before: int = 0
    refused_after: int = 0
    """Events that could be no rows."""


class WhatIfSummary(msgspec.Struct, frozen=True):
    """All that differs, in sum. `events` and `fields` have the most frequent ones."""

    read: int
    before: EventAccount
    after: EventAccount
    effects: Mapping[Effect, int]
    people: int
    """How many different people the events that differ are of."""
    touched: Sequence[RuleEffect]
    violations: Sequence[ViolationEffect]
    events: Sequence[EventEffects]
    fields: Sequence[FieldChange]
    warehouse: WarehouseEffect


class WhatIfResult(msgspec.Struct, frozen=True):
    """The sum, and some of the events that differ."""

    summary: WhatIfSummary
    samples: Sequence[Compared]


class CatalogueLook(msgspec.Struct, frozen=True):
    """Asks for the tables of some sources, as the loader knows them."""

    slugs: Sequence[str]


class CatalogueRows(msgspec.Struct, frozen=True):
    """The answer: what a headwater.loading.model.Catalog is restored from."""

    columns: list[ColumnRow]
    names: list[NameEvent]


CATALOGUE: Final = "catalogue"
"""The look's name."""
