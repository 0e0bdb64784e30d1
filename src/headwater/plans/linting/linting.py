"""All that is wrong with the rules of a plan. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from headwater.plans.files.model import MEMBERS, where
from headwater.plans.linting.model import Conventions, Finding, inner_schemas
from headwater.plans.linting.names import (
    event_collisions,
    naming_findings,
    property_collisions,
    property_names,
)
from headwater.plans.linting.schemas import contradictions, invalid, misplaced
from headwater.plans.model import Rule, RuleType

_LEVELS: Final = {"error": 0, "warning": 1}


def lint(rules: Sequence[Rule], conventions: Conventions | None = None) -> list[Finding]:
    """Errors first, and by their places."""
    found = list(_found(rules, conventions or Conventions()))
    return sorted(
        dict.fromkeys(found), key=lambda each: (_LEVELS[each.level], each.path, each.message)
    )


def _found(rules: Sequence[Rule], asked: Conventions) -> Iterator[Finding]:
    names: list[tuple[str, str]] = []
    for rule in rules:
        at, schema = where(rule), rule.json_schema
        yield from _named(at, rule)
        if schema is None:
            continue
        broken = list(invalid(at, schema))
        yield from broken
        if broken:
            continue
        yield from contradictions(at, schema)
        yield from misplaced(at, rule.type, schema)
        yield from property_collisions(at, schema)
        names += property_names(at, schema)
        if asked.descriptions:
            yield from _undescribed(at, rule, schema)
    yield from event_collisions(rules)
    events = {
        rule.key: where(Rule(RuleType.TRACK, rule.key))
        for rule in rules
        if rule.type is RuleType.TRACK
    }
    yield from naming_findings(list(events.items()), asked.events, "event")
    yield from naming_findings(names, asked.properties, "property")


def _named(at: str, rule: Rule) -> Iterator[Finding]:
    if rule.type is RuleType.TRACK:
        if not rule.key.strip():
            yield Finding(
                "error", "unreachable", at, "The event has no name.", "Name it as it is sent."
            )
        elif rule.key != rule.key.strip():
            yield Finding(
                "warning",
                "naming",
                at,
                f"The name {rule.key!r} begins or ends with a space.",
                "Names are compared as they are sent: remove it, if it is not sent.",
            )


def _undescribed(at: str, rule: Rule, schema: dict[str, Any]) -> Iterator[Finding]:
    if rule.type is RuleType.TRACK and not rule.description:
        yield Finding(
            "warning", "description", at, "The event has no description.", "Say when it is sent."
        )
    member = MEMBERS.get(rule.type)
    for found in inner_schemas(schema):
        if found.name is None or found.path == member or found.schema.get("description"):
            continue
        if member is not None and not found.path.startswith(f"{member}."):
            continue
        yield Finding(
            "warning",
            "description",
            f"{at}.{found.path}",
            f"{found.name!r} has no description.",
            "Say what it means, and in which unit it is.",
        )
