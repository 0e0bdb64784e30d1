"""What a cleaning rule is, and the part of the published configuration that has them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta

from headwater.pipeline.event import Drop, Event, Quarantine
from headwater.pipeline.program import Memory
from headwater.spec.reasons import Reason

MOST_RULES: Final = 500
"""So many a workspace may have."""
LONGEST_NAME: Final = 200
LONGEST_CONDITION: Final = 5_000
LARGEST_SETTINGS: Final = 50_000
"""Bytes of JSON."""

PART: Final = "cleaning"
"""The rules' name in the published configuration."""

_T = TypeVar("_T")

Names = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=1000)], ...], Meta(max_length=200)
]


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which events a rule is for: those that all of these admit; an empty one admits all.

    `sources` are ids, `types` the six calls', `events` the names of track events, pages and
    screens, and `condition` is FQL.
    """

    sources: Names = ()
    types: Names = ()
    events: Names = ()
    condition: Annotated[str, Meta(max_length=LONGEST_CONDITION)] = ""


class Rule(msgspec.Struct, frozen=True):
    """A cleaning rule of a workspace. Rules are taken in the order of `position`, and those of the
    same in that of their making; `settings` are those of its kind."""

    id: str
    name: str
    kind: str
    settings: Mapping[str, Any] = {}
    scope: Scope = Scope()
    enabled: bool = True
    position: int = 0
    description: str = ""
    created_at: int = 0
    updated_at: int = 0


def order(rule: Rule) -> tuple[int, int, str]:
    """By which rules are sorted."""
    return rule.position, rule.created_at, rule.id


class Published(msgspec.Struct, frozen=True):
    """All rules that are on, by workspace, in their order."""

    rules: dict[str, tuple[Rule, ...]] = {}


class Phase(StrEnum):
    """When a rule has its turn, whatever its position: those of a phase are taken in the order of
    their positions, after all of the phases before."""

    CLEAN = "clean"
    """What is wrong is put right, or left out."""
    ENRICH = "enrich"
    """What can be told of an event is added to it."""
    PROTECT = "protect"
    """What need not be known of people is taken away, now that it has served."""


PHASES: Final = tuple(Phase)
"""In their order."""

Decision = bool | Quarantine | Drop
"""What a rule does with an event: nothing, something (True), or a verdict."""

Decide = Callable[[Event], Decision]


@dataclass(frozen=True)
class Making:
    """What a kind is told of the rule that it is made into, and of whose events."""

    rule_id: str
    name: str
    memory: Memory
    source_id: str = ""

    def drop(self) -> Drop:
        """The verdict that leaves an event out by this rule."""
        return Drop(f"rule:{self.rule_id}")

    def quarantine(self, why: str) -> Quarantine:
        """The verdict that keeps an event aside by this rule."""
        return Quarantine(Reason.RULE_VIOLATION, f"The rule “{self.name}” says: {why}")

    def remembered(self, settings: object, make: Callable[[], _T]) -> _T:
        """What this rule remembers of earlier events; begun anew with other settings.

        Of each source for itself: the events of one come in their order, while between two of
        them the order is that of the batches, which is another each time.
        """
        held = f"clean:{self.rule_id}:{self.source_id}:{msgspec.json.encode(settings)!r}"
        return self.memory.of(held, make)


def _nothing_is_needed(settings: Any) -> None:
    """Most kinds need nothing but their settings."""


@dataclass(frozen=True)
class Kind:
    """A kind of rule: what people set of it, and the function that it becomes.

    `compiled` raises ValueError or FqlError for settings that cannot be used. `about` is the
    documentation, and `example` settings that the documentation shows. `require` is asked when a
    rule is set, not when it runs: it raises ValueError where something outside is missing.
    """

    name: str
    about: str
    settings: type[msgspec.Struct]
    compiled: Callable[[Any, Making], Decide]
    example: Mapping[str, Any]
    phase: Phase = Phase.CLEAN
    require: Callable[[Any], None] = _nothing_is_needed

    @property
    def summary(self) -> str:
        """The first sentence."""
        return self.about.strip().partition("\n\n")[0].replace("\n", " ")


class Setting(msgspec.Struct, frozen=True):
    """One setting of a kind, as people are told of it."""

    name: str
    about: str
    default: Any
    is_required: bool


def settings_of(kind: Kind) -> Sequence[Setting]:
    """The settings of a kind, in their order."""
    schema = msgspec.json.schema(kind.settings)
    found = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    return [
        Setting(
            name,
            _about(each),
            each.get("default"),
            name in found.get("required", ()),
        )
        for name, each in found.get("properties", {}).items()
    ]


def _about(schema: Mapping[str, Any]) -> str:
    about = str(schema.get("description", ""))
    choices = schema.get("enum")
    if choices:
        named = ", ".join(f"`{choice}`" for choice in choices)
        about = f"{about} One of {named}.".strip()
    return about
