"""What a drift is, and the amendment that would make a plan admit it."""

from enum import StrEnum
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from headwater.plans.model import RuleId, RuleType


class DriftKind(StrEnum):
    """How events differ from their plan."""

    NEW_EVENT = "new_event"
    NEW_PROPERTY = "new_property"
    TYPE_CHANGED = "type_changed"
    REQUIRED_MISSING = "required_missing"
    NEW_VALUE = "new_value"
    RANGE_EXCEEDED = "range_exceeded"
    FORMAT_BROKEN = "format_broken"


class Status(StrEnum):
    """What has become of a drift."""

    OPEN = "open"
    ACCEPTED = "accepted"
    """Its patch was taken into the plan."""
    DISMISSED = "dismissed"
    """It is not to be told again."""
    RESOLVED = "resolved"
    """The plan admits it by now."""


Operation = Literal["rule", "property", "type", "optional", "value", "range", "format"]


class Amendment(msgspec.Struct, frozen=True):
    """One change of a rule's schema: what is done, at the schema that these steps lead to."""

    operation: Operation
    steps: tuple[str, ...] = ()
    value: Any = None


class Sensitivity(msgspec.Struct, frozen=True, kw_only=True):
    """From how many events, and from which share of those that could, something is a drift.

    What is rarer is a violation, and counted as such.
    """

    least: int = 3
    share: float = 0.002

    def is_met(self, seen: int, of: int) -> bool:
        return seen >= max(self.least, of * self.share)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A drift as a look at the events finds it: in `seen` of the `of` that could show it."""

    kind: DriftKind
    rule: RuleId
    path: str
    detail: str
    seen: int
    of: int
    amendment: Amendment
    mark: str = ""
    """What tells it apart from others of its kind at its path."""

    def id_in(self, plan_id: str) -> str:
        """The same for the same drift, whenever it is seen."""
        what = [plan_id, self.kind, *msgspec.structs.astuple(self.rule), self.path, self.mark]
        return "dr_" + blake2b(msgspec.json.encode(what), digest_size=12).hexdigest()


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A drift as it is kept."""

    id: str
    plan_id: str
    source_id: str
    kind: DriftKind
    type: RuleType
    key: str
    version: int
    path: str
    detail: str
    seen: int
    of: int
    amendment: Amendment
    status: Status
    first_seen: int
    last_seen: int
    told_at: int | None = None
    settled_at: int | None = None
    settled_by: str = ""

    @property
    def rule(self) -> RuleId:
        return RuleId(self.type, self.key, self.version)
