"""The bodies of /api/tracking-plans, in Segment's shapes."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from headwater.api.pages import PaginationInput, PaginationOutput
from headwater.plans.model import PlanType, RuleType

Key = Annotated[str, Meta(description="The event's name; rules of the type TRACK alone have one.")]
JsonSchema = Annotated[
    dict[str, Any] | None,
    Meta(description="JSON Schema of draft-07, of the whole call; null admits everything."),
]
Version = Annotated[
    float, Meta(description="A whole number. An event that names none is held to the lowest.")
]


class TrackingPlanV1(msgspec.Struct, frozen=True, rename="camel"):
    """A tracking plan."""

    id: str
    name: str
    slug: str
    description: str
    type: PlanType
    created_at: str
    updated_at: str


class TrackingPlans(msgspec.Struct, frozen=True, rename="camel"):
    """A page of tracking plans."""

    tracking_plans: list[TrackingPlanV1]
    pagination: PaginationOutput


class OneTrackingPlan(msgspec.Struct, frozen=True, rename="camel"):
    """A tracking plan."""

    tracking_plan: TrackingPlanV1


class PlansAsked(msgspec.Struct, frozen=True):
    """Which plans are listed."""

    type: PlanType | UnsetType = UNSET
    pagination: PaginationInput = PaginationInput()


class CreateTrackingPlan(msgspec.Struct, frozen=True):
    """A plan, without rules at first."""

    name: str
    description: str = ""
    type: PlanType = PlanType.LIVE


class ChangeTrackingPlan(msgspec.Struct, frozen=True):
    """What to change; what is left out stays."""

    name: str | None = None
    description: str | None = None


class RuleV1(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A rule of a plan."""

    type: RuleType
    key: Key | UnsetType = UNSET
    json_schema: JsonSchema
    version: int
    created_at: str
    updated_at: str
    deprecated_at: str | UnsetType = UNSET


class Rules(msgspec.Struct, frozen=True):
    """A page of a plan's rules."""

    rules: list[RuleV1]
    pagination: PaginationOutput


class RuleInputV1(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A rule."""

    type: RuleType
    key: Key | None = None
    json_schema: JsonSchema
    version: Version


class UpsertRuleV1(RuleInputV1, frozen=True, rename="camel", kw_only=True):
    """A rule to change, or to add where there is none of its type, key and version."""

    new_key: Annotated[str | None, Meta(description="The event's new name.")] = None


class RulesInput(msgspec.Struct, frozen=True):
    """All rules of a plan."""

    rules: list[RuleInputV1]


class UpsertInput(msgspec.Struct, frozen=True):
    """Rules to change or add; the others stay."""

    rules: list[UpsertRuleV1]


class RemoveRuleV1(msgspec.Struct, frozen=True):
    """Which rule to remove."""

    type: RuleType
    version: Version
    key: Key | None = None


class RulesToRemove(msgspec.Struct, frozen=True):
    """Which rules to remove."""

    rules: list[RemoveRuleV1]


class SourceInput(msgspec.Struct, frozen=True, rename="camel"):
    """Which source."""

    source_id: str
