"""Tracking plans as pages show them: rules as rows of properties, settings in plain words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.plans import changing
from headwater.plans.drift import settling
from headwater.plans.files.model import MEMBERS
from headwater.plans.inferring import paths
from headwater.plans.model import Plan, Rule, RuleType
from headwater.web.frame import Visit
from headwater.web.navigation import N_
from headwater.workspaces.model import Source

READ: Final = Permission.PLAN_READ
CHANGE: Final = Permission.PLAN_ADMIN

TYPE_NAMES: Final[Mapping[str, str]] = {
    "TRACK": N_("Events"),
    "IDENTIFY": N_("Traits of people"),
    "GROUP": N_("Traits of groups"),
    "PAGE": N_("Page views"),
    "SCREEN": N_("Screen views"),
    "COMMON": N_("Common to all"),
}
KINDS: Final[Mapping[str, str]] = {
    "string": N_("Text"),
    "number": N_("Number"),
    "integer": N_("Whole number"),
    "boolean": N_("Yes or no"),
    "date-time": N_("Time"),
    "array": N_("List"),
    "object": N_("Object"),
}
DRIFTS: Final[Mapping[str, str]] = {
    "new_event": N_("New event"),
    "new_property": N_("New property"),
    "type_changed": N_("Another type"),
    "required_missing": N_("Required, and missing"),
    "new_value": N_("New value"),
    "range_exceeded": N_("Out of range"),
    "format_broken": N_("Another format"),
}
VIOLATIONS: Final[Mapping[str, str]] = {
    "unplanned_event": N_("Unplanned event"),
    "unplanned_property": N_("Unplanned property"),
    "unplanned_trait": N_("Unplanned trait"),
    "missing_required": N_("Required, and missing"),
    "wrong_type": N_("Wrong type"),
    "failed_rule": N_("Rule not kept"),
}
STATUSES: Final[Mapping[str, str]] = {
    "open": N_("Open"),
    "accepted": N_("Taken into the plan"),
    "dismissed": N_("Dismissed"),
    "resolved": N_("Settled by the plan"),
}
_SAID: Final = frozenset({"type", "description", "properties", "required", "items", "enum"})
_DEEPEST: Final = 20


class Row(msgspec.Struct, frozen=True):
    """A property of a rule, as a table shows it."""

    path: str
    name: str
    depth: int
    types: str
    is_required: bool
    description: str
    values: Sequence[str]
    rest: str


class Open(msgspec.Struct, frozen=True):
    """A plan with what its pages have in common."""

    plan: Plan
    rules: Sequence[Rule]
    sources: Sequence[Source]
    drifts: int


async def opened(visit: Visit) -> Open:
    """The plan that the path names."""
    gate, by, plan_id = visit.context.changes, visit.principal, visit.path("plan_id")

    def read() -> Open:
        return Open(
            changing.one(gate, by, plan_id),
            changing.rules(gate, by, plan_id),
            changing.sources(gate, by, plan_id),
            settling.open_counts(gate, by).get(plan_id, 0),
        )

    return await run_in_threadpool(read)


async def visible_sources(visit: Visit) -> list[Source]:
    """The sources that the visitor may know of."""
    return await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)


def sees_people(visit: Visit, source: Source) -> bool:
    """Whether the visitor may see what is in a source's events."""
    return visit.principal.may(Permission.PII_READ, sources.resource(source))


def rule_path(plan: Plan, rule: Rule) -> str:
    """The page of a rule."""
    query = urlencode({"type": rule.type, "key": rule.key, "version": rule.version})
    return f"/plans/{plan.id}/rule?{query}"


def member_schema(rule: Rule) -> Mapping[str, Any]:
    """The schema of the properties or traits that a rule is about; of the whole, if common."""
    schema = rule.json_schema or {}
    member = MEMBERS.get(rule.type)
    if member is None:
        return schema
    properties = schema.get("properties")
    inner = properties.get(member) if isinstance(properties, dict) else None
    return inner if isinstance(inner, dict) else {}


def rows(rule: Rule) -> list[Row]:
    """The properties of a rule, those within others after them."""
    return list(_rows(member_schema(rule), MEMBERS.get(rule.type, ""), 0))


def _rows(schema: Mapping[str, Any], path: str, depth: int) -> Iterator[Row]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or depth > _DEEPEST:
        return
    for name, inner in properties.items():
        at = paths.below(path, name)
        found = inner if isinstance(inner, dict) else {}
        said = found.get("description")
        values = found.get("enum")
        rest = {word: value for word, value in found.items() if word not in _SAID}
        yield Row(
            path=at,
            name=name,
            depth=depth,
            types=_types(found),
            is_required=isinstance(required, list) and name in required,
            description=said if isinstance(said, str) else "",
            values=[_plain(each) for each in values] if isinstance(values, list) else [],
            rest=", ".join(f"{word} {_plain(value)}" for word, value in rest.items()),
        )
        yield from _rows(found, at, depth + 1)
        items = found.get("items")
        if isinstance(items, dict):
            yield from _rows(items, paths.items(at), depth + 1)


def _types(schema: Mapping[str, Any]) -> str:
    types = schema.get("type")
    named = types if isinstance(types, list) else [types] if isinstance(types, str) else []
    items = schema.get("items")
    inner = items.get("type") if isinstance(items, dict) else None
    return ", ".join(f"{each}: {inner}" if each == "array" and inner else each for each in named)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def by_type(rules: Sequence[Rule]) -> list[tuple[RuleType, list[Rule]]]:
    """Rules under their types, events first."""
    order = list(TYPE_NAMES)
    types = sorted({rule.type for rule in rules}, key=order.index)
    return [(type_, [rule for rule in rules if rule.type is type_]) for type_ in types]
