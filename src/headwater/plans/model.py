"""What a tracking plan is: rules for the shape of events, its saved versions, and what is published
of it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from headwater.workspaces.source_settings import DEFAULT, SourceSettingsOutputV1

PART: Final = "plans"
"""The plans' name in the published configuration."""

MOST_PLANS: Final = 200
"""So many a workspace may have."""
MOST_RULES: Final = 2_000
"""So many a plan may have."""
MOST_VERSIONS: Final = 500
"""So many saved versions of a plan are kept: the oldest go first."""
LONGEST_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 2_000
LONGEST_KEY: Final = 1_000
LONGEST_NOTE: Final = 500
LARGEST_SCHEMA: Final = 200_000
"""Bytes of JSON, of one rule."""
LARGEST_PLAN: Final = 5_000_000
"""Bytes of JSON, of all rules of a plan."""
DEEPEST_SCHEMA: Final = 60
"""Objects and lists within each other."""
HIGHEST_VERSION: Final = 1_000_000


class PlanType(StrEnum):
    """Segment's kinds of plan. Sources are connected to LIVE ones; the others are libraries."""

    ENGAGE = "ENGAGE"
    LIVE = "LIVE"
    PROPERTY_LIBRARY = "PROPERTY_LIBRARY"
    RULE_LIBRARY = "RULE_LIBRARY"
    TEMPLATE = "TEMPLATE"


class RuleType(StrEnum):
    """What a rule is about: a track event of one name, all calls of a kind, or every payload."""

    COMMON = "COMMON"
    GROUP = "GROUP"
    IDENTIFY = "IDENTIFY"
    PAGE = "PAGE"
    SCREEN = "SCREEN"
    TRACK = "TRACK"


class RuleId(msgspec.Struct, frozen=True, order=True):
    """What rules of a plan are told apart by. `key` is a track event's name, else empty."""

    type: RuleType
    key: str = ""
    version: int = 1

    def __str__(self) -> str:
        named = f"{self.type} {self.key!r}" if self.key else str(self.type)
        return f"{named} version {self.version}"


class Rule(msgspec.Struct, frozen=True):
    """The JSON Schema (draft-07) of what some events hold; None admits anything.

    A track rule's schema is of an object with `properties` (and perhaps `context`), an identify or
    group rule's of one with `traits`, a common rule's of the whole payload. Its `description` and
    `labels` stand in the schema, where Segment has them.
    """

    type: RuleType
    key: str = ""
    version: int = 1
    json_schema: dict[str, Any] | None = None
    created_at: int = 0
    updated_at: int = 0
    deprecated_at: int | None = None

    @property
    def id(self) -> RuleId:
        return RuleId(self.type, self.key, self.version)

    @property
    def description(self) -> str:
        """What its schema says that it is for."""
        said = (self.json_schema or {}).get("description")
        return said if isinstance(said, str) else ""

    @property
    def labels(self) -> dict[str, Any]:
        """The labels that its schema bears."""
        said = (self.json_schema or {}).get("labels")
        return said if isinstance(said, dict) else {}


class Plan(msgspec.Struct, frozen=True):
    """A tracking plan. `version` is the number of its newest saved version."""

    id: str
    name: str
    slug: str
    description: str = ""
    type: PlanType = PlanType.LIVE
    version: int = 0
    created_at: int = 0
    updated_at: int = 0


class Saved(msgspec.Struct, frozen=True):
    """What a version keeps of a plan."""

    name: str
    description: str
    rules: tuple[Rule, ...]


class Version(msgspec.Struct, frozen=True):
    """One saved state of a plan: which, when, by whom, and what was said of it."""

    number: int
    at: int
    by: str
    by_name: str
    note: str
    rules: int
    """How many."""


class PublishedRule(msgspec.Struct, frozen=True):
    """A rule as the pipeline knows it; `schema` is its JSON, null for none."""

    type: RuleType
    key: str
    version: int
    schema: msgspec.Raw = msgspec.Raw(b"null")


class PublishedPlan(msgspec.Struct, frozen=True):
    """A plan as the pipeline knows it."""

    id: str
    name: str
    rules: Sequence[PublishedRule] = ()


class Governed(msgspec.Struct, frozen=True):
    """A source's plan, and what becomes of events that it does not admit."""

    plan_id: str
    settings: SourceSettingsOutputV1 = DEFAULT


class Published(msgspec.Struct, frozen=True):
    """The plans that sources are connected to, and those sources by their ids."""

    plans: dict[str, PublishedPlan] = {}
    sources: dict[str, Governed] = {}
