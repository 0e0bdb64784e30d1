"""From published rules to functions that tell, of an event, what is not as the plan says.

A valid event costs one call of a compiled validator. What the plan does not name is found by that
same call: for this the schemas of `properties` and `traits` are closed, unless they say that
further members are welcome.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from jsonschema_rs import Draft7Validator, ValidationError

from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, View
from headwater.plans.model import PublishedPlan, PublishedRule, RuleType
from headwater.plans.subschemas import members, resolved
from headwater.plans.validators import compiled

_ABOUT: Final = frozenset(
    (
        *("$schema", "$id", "$comment", "title", "description", "labels", "default", "examples"),
        *("type", "properties", "required", "definitions"),
    )
)
"""The keywords of a schema that asks for nothing but some members."""
_WITH_TRAITS: Final = frozenset({"identify", "group"})
_OPEN: Final = ("properties", "traits")
_MIXED: Final = ("allOf", "anyOf", "oneOf", "then", "else")


class Check(msgspec.Struct, frozen=True):
    """A rule, compiled. `payload` makes of an event what its validator looks at."""

    version: int
    validator: Draft7Validator
    payload: Callable[[Event], dict[str, Any]]
    schema: dict[str, Any]

    def is_met(self, event: Event) -> bool:
        """Whether the event is as the rule says, and has nothing that it does not name."""
        return self.validator.is_valid(self.payload(event))

    def errors(self, event: Event) -> Iterator[ValidationError]:
        """What is not as the rule says."""
        return self.validator.iter_errors(self.payload(event))

    def is_said(self, error: ValidationError) -> bool:
        """Whether the plan's own schema refuses this, and not only its having been closed."""
        found: Any = self.schema
        for step in error.schema_path:
            try:
                found = found[step]
            except (LookupError, TypeError):
                return False
        return True


class Versions:
    """The versions of a rule, of which an event may name one. Without a name it is the oldest."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._by_number = {check.version: check for check in checks}
        self._oldest = self._by_number[min(self._by_number)]

    def of(self, event: Event) -> Check:
        """The version that the event's `context.protocols.event_version` names, or the oldest."""
        protocols = event.context.get("protocols")
        if type(protocols) is not dict:
            return self._oldest
        named = protocols.get("event_version")
        if type(named) is float and named.is_integer():
            named = int(named)
        return self._by_number.get(named, self._oldest) if type(named) is int else self._oldest


class CompiledPlan(msgspec.Struct, frozen=True):
    """A plan's rules: those of track events by their names, those of other calls by their types."""

    id: str
    name: str
    tracks: dict[str, Versions]
    calls: dict[str, Versions]
    common: Versions | None


def compile_plan(plan: PublishedPlan) -> CompiledPlan:
    """A plan, ready to be asked. Raises jsonschema_rs.ValidationError for what is no schema."""
    tracks: dict[str, list[Check]] = {}
    calls: dict[str, list[Check]] = {}
    common: list[Check] = []
    for rule in plan.rules:
        check = _check(bytes(rule.schema), rule.type, rule.version)
        if rule.type is RuleType.TRACK:
            tracks.setdefault(rule.key, []).append(check)
        elif rule.type is RuleType.COMMON:
            common.append(check)
        else:
            calls.setdefault(rule.type.lower(), []).append(check)
    return CompiledPlan(
        plan.id,
        plan.name,
        {name: Versions(checks) for name, checks in tracks.items()},
        {name: Versions(checks) for name, checks in calls.items()},
        Versions(common) if common else None,
    )


def check_of(rule: PublishedRule) -> Check:
    """One rule, ready to be asked."""
    return _check(bytes(rule.schema), rule.type, rule.version)


@lru_cache(maxsize=4096)
def _check(schema: bytes, type: RuleType, version: int) -> Check:  # noqa: A002
    """Compiled once, whatever else of the configuration changes."""
    said: dict[str, Any] = msgspec.json.decode(schema) or {}
    closed = said if type is RuleType.COMMON else _closed_payload(said)
    return Check(version, compiled(closed), _payload(said), said)


def _payload(schema: dict[str, Any]) -> Callable[[Event], dict[str, Any]]:
    """The function that makes what a schema is about: the members that it names, if that is all
    that it asks for, or else the whole event."""
    if not schema.keys() <= _ABOUT:
        return lambda event: dict(View(event))
    names = [*members(schema), *schema.get("required", ())]
    if set(names) == {"properties"}:
        return _properties
    if set(names) == {"traits"}:
        return _traits
    return _members(frozenset(names))


def _members(wanted: frozenset[str]) -> Callable[[Event], dict[str, Any]]:
    """The function that makes an object of some members of an event; of those that are there."""
    has_context, has_properties = "context" in wanted, "properties" in wanted
    has_traits = "traits" in wanted
    others = sorted(wanted - {"context", "properties", "traits"})

    def named(event: Event) -> dict[str, Any]:
        payload: dict[str, Any] = {"context": event.context} if has_context else {}
        if event.type in _WITH_TRAITS:
            if has_traits:
                payload["traits"] = event.properties
        elif has_properties:
            payload["properties"] = event.properties
        if others:
            view = View(event)
            for name in others:
                if (value := view.get(name, GONE)) is not GONE:
                    payload[name] = value
        return payload

    return named


def _properties(event: Event) -> dict[str, Any]:
    return {"properties": event.properties}


def _traits(event: Event) -> dict[str, Any]:
    return {"traits": event.properties}


def _closed_payload(schema: dict[str, Any]) -> dict[str, Any]:
    """A rule's schema, with its properties and traits closed."""
    held = members(schema)
    closed = {
        name: _closed(each, schema, is_top=True)
        for name, each in held.items()
        if name in _OPEN and isinstance(each, dict)
    }
    return {**schema, "properties": {**held, **closed}} if closed else schema


def _closed(schema: Any, root: dict[str, Any], *, is_top: bool = False) -> Any:
    """A schema that admits no members but those that it names, at any depth.

    It stays open where it says something of further members itself, and inner ones also where
    they name none.
    """
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    result = dict(schema)
    if isinstance(schema.get("items"), dict):
        result["items"] = _closed(schema["items"], root)
    elif isinstance(schema.get("items"), list):
        result["items"] = [_closed(each, root) for each in schema["items"]]
    held = schema.get("properties")
    if not isinstance(held, dict):
        return result
    result["properties"] = {name: _closed(each, root) for name, each in held.items()}
    mixed = _mixed_in(schema, root)
    if "additionalProperties" in schema or mixed is None or not (held or is_top):
        return result
    result["properties"] = {**dict.fromkeys(mixed, True), **result["properties"]}
    result["additionalProperties"] = False
    return result


def _mixed_in(schema: dict[str, Any], root: dict[str, Any]) -> set[str] | None:
    """The members that a schema's alternatives name; None where they say more of further ones."""
    names: set[str] = set()
    for keyword in _MIXED:
        found = schema.get(keyword, [])
        for each in found if isinstance(found, list) else [found]:
            inner = _referred(each, root)
            if inner is True or inner is False:
                continue
            if "additionalProperties" in inner or "patternProperties" in inner:
                return None
            deeper = _mixed_in(inner, root)
            if deeper is None:
                return None
            names |= deeper | members(inner).keys()
    return names


def _referred(schema: Any, root: dict[str, Any]) -> Any:
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = resolved(root, schema["$ref"])
    return schema
