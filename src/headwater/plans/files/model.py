"""What a plan's file says."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headwater.plans.model import Rule, RuleType

DRAFT: Final = "http://json-schema.org/draft-07/schema#"

SINGLE: Final = {
    "identify": RuleType.IDENTIFY,
    "group": RuleType.GROUP,
    "page": RuleType.PAGE,
    "screen": RuleType.SCREEN,
    "common": RuleType.COMMON,
}
"""The members of a file that are about all calls of a type."""

MEMBERS: Final = {
    RuleType.TRACK: "properties",
    RuleType.PAGE: "properties",
    RuleType.SCREEN: "properties",
    RuleType.IDENTIFY: "traits",
    RuleType.GROUP: "traits",
}
"""The member of an event that a rule is about; a common rule is about the whole."""


class PlanFile(msgspec.Struct, frozen=True):
    """A plan as its file has it. Its rules have no times."""

    name: str
    description: str = ""
    rules: Sequence[Rule] = ()


def rule(type_: RuleType, key: str, version: int, schema: dict[str, Any] | None) -> Rule:
    """A rule without times, as files have it."""
    return Rule(type=type_, key=key, version=version, json_schema=schema)


def where(one: Rule) -> str:
    """Where a rule stands in a file.

    >>> where(Rule(RuleType.TRACK, "Order Completed"))
    'events.Order Completed'
    """
    at = f"events.{one.key}" if one.type is RuleType.TRACK else one.type.lower()
    return at if one.version == 1 else f"{at}.versions.{one.version}"
