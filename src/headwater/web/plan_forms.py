"""What the forms of tracking plans ask for, and the rules that they make. Pure."""

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import msgspec

from headwater.errors import InvalidError
from headwater.plans.files.model import DRAFT, MEMBERS
from headwater.plans.model import Rule, RuleType


class PlanForm(msgspec.Struct):
    """A plan, new or named otherwise."""

    name: str = ""
    description: str = ""


class EventForm(msgspec.Struct):
    """An event that is added to a plan, or the traits of a type."""

    type: str = "TRACK"
    key: str = ""
    description: str = ""


class PropertyForm(msgspec.Struct):
    """A property that is added to a rule. `values` are the allowed ones, one a line."""

    name: str = ""
    kind: str = "string"
    required: bool = False
    description: str = ""
    values: str = ""


class SchemaForm(msgspec.Struct):
    """A rule's schema, as it was edited."""

    schema: str = ""


def rule_of(form: EventForm, rules: Sequence[Rule]) -> Rule:
    """The rule that a form asks for. Raises InvalidError, which names the field."""
    if form.type not in set(RuleType):
        raise InvalidError("type: is none of the known ones.", field="type")
    type_ = RuleType(form.type)
    key = form.key.strip() if type_ is RuleType.TRACK else ""
    if type_ is RuleType.TRACK and not key:
        raise InvalidError("key: must not be empty.", field="key", hint="Name it as it is sent.")
    if any((rule.type, rule.key) == (type_, key) for rule in rules):
        raise InvalidError(f"key: the plan has {key or type_.lower()!r} already.", field="key")
    schema: dict[str, Any] = {"$schema": DRAFT, "type": "object"}
    if form.description.strip():
        schema["description"] = form.description.strip()
    member = MEMBERS.get(type_)
    schema["properties"] = {member: {"type": "object", "properties": {}}} if member else {}
    return Rule(type_, key, 1, schema)


def with_property(rule: Rule, form: PropertyForm) -> Rule:
    """A rule with one more property. Raises InvalidError, which names the field."""
    name = form.name.strip()
    if not name:
        raise InvalidError("name: must not be empty.", field="name")
    schema: dict[str, Any] = deepcopy(rule.json_schema or {}) or {
        "$schema": DRAFT,
        "type": "object",
    }
    member = MEMBERS.get(rule.type)
    inner: Any = schema
    if member is not None:
        inner = schema.setdefault("properties", {}).setdefault(member, {"type": "object"})
    if not isinstance(inner, dict) or not isinstance(inner.setdefault("properties", {}), dict):
        raise InvalidError(
            "name: the schema has an unusual form.", field="name", hint="Edit the JSON Schema."
        )
    if name in inner["properties"]:
        raise InvalidError(f"name: {name!r} is planned already.", field="name")
    inner["properties"][name] = _property(form)
    if form.required:
        inner.setdefault("required", []).append(name)
        if member is not None and member not in schema.setdefault("required", []):
            schema["required"].append(member)
    return msgspec.structs.replace(rule, json_schema=schema)


def _property(form: PropertyForm) -> dict[str, Any]:
    kind = form.kind
    made: dict[str, Any] = (
        {"type": "string", "format": "date-time"} if kind == "date-time" else {"type": kind}
    )
    if form.description.strip():
        made["description"] = form.description.strip()
    values = [line.strip() for line in form.values.splitlines() if line.strip()]
    if values:
        made["enum"] = [_value(each, kind) for each in values]
    return made


def _value(text: str, kind: str) -> Any:
    if kind not in ("number", "integer", "boolean"):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        raise InvalidError(f"values: {text!r} is no {kind}.", field="values") from None
    return value


def with_schema(rule: Rule, form: SchemaForm) -> Rule:
    """A rule with the schema as it was edited. Raises InvalidError with the line and column."""
    try:
        schema = json.loads(form.schema, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise InvalidError(
            f"schema: line {error.lineno}, column {error.colno}: {error.msg}.",
            field="schema",
            hint="Texts and names stand in double quotes, and no comma before a closing bracket.",
        ) from None
    except (ValueError, RecursionError):
        raise InvalidError("schema: is no JSON.", field="schema") from None
    if schema is not None and not isinstance(schema, dict):
        raise InvalidError("schema: must be a JSON object.", field="schema")
    return msgspec.structs.replace(rule, json_schema=schema)


def _refuse(name: str) -> Any:
    raise ValueError(name)
