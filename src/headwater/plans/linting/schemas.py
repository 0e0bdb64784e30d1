"""What is wrong with one JSON Schema: invalid, contradictory, or without effect."""

from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs

from headwater.plans.files.model import DRAFT, MEMBERS
from headwater.plans.linting.model import Finding, Inner, inner_schemas
from headwater.plans.model import RuleType

_PAIRS: Final = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
_TYPED: Final = {
    "minimum": {"integer", "number"},
    "maximum": {"integer", "number"},
    "multipleOf": {"integer", "number"},
    "minLength": {"string"},
    "maxLength": {"string"},
    "pattern": {"string"},
    "format": {"string"},
    "items": {"array"},
    "minItems": {"array"},
    "maxItems": {"array"},
    "properties": {"object"},
    "required": {"object"},
}
_LONGEST_MESSAGE: Final = 200


def invalid(at: str, schema: dict[str, Any]) -> Iterator[Finding]:
    """Whether it is a schema of draft 7 at all, and can be compiled."""
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": DRAFT})
        jsonschema_rs.Draft7Validator(schema, retriever=_refuse)
    except jsonschema_rs.ValidationError as error:
        place = ".".join([at, *(str(each) for each in error.instance_path)])
        yield Finding(
            "error",
            "invalid",
            place,
            f"This cannot be used as a JSON Schema of draft 7: {_short(error.message)}.",
            "Mend it: the keywords are those of draft-07, types are in lower case.",
        )
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        yield Finding(
            "error",
            "invalid",
            at,
            f"The schema cannot be used: {_short(str(error))}.",
            "References may only lead to places within the schema itself.",
        )


def contradictions(at: str, schema: dict[str, Any]) -> Iterator[Finding]:
    """Rules that nothing, or everything, keeps to."""
    for found in inner_schemas(schema):
        place = f"{at}.{found.path}" if found.path else at
        yield from _bounds(place, found)
        yield from _values(place, found)
        yield from _without_effect(place, found)
        yield from _required(place, found)


def _bounds(place: str, found: Inner) -> Iterator[Finding]:
    for least, most in _PAIRS:
        low, high = found.schema.get(least), found.schema.get(most)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield Finding(
                "error",
                "contradiction",
                place,
                f"{least} {low:g} is above {most} {high:g}: nothing keeps to it.",
                "Swap or remove them.",
            )


def _values(place: str, found: Inner) -> Iterator[Finding]:
    values = found.schema.get("enum")
    if not isinstance(values, list):
        return
    without = {word: value for word, value in found.schema.items() if word != "enum"}
    try:
        validator = jsonschema_rs.Draft7Validator(without, retriever=_refuse)
    except Exception:  # an invalid schema is told as such
        return
    fit = [value for value in values if validator.is_valid(value)]
    if not fit:
        yield Finding(
            "error",
            "contradiction",
            place,
            "None of its values keeps to the rest of the rule: nothing does.",
            "Give values of its type, or take `type` away.",
        )
    elif len(fit) < len(values):
        never = next(value for value in values if value not in fit)
        yield Finding(
            "warning",
            "unreachable",
            place,
            f"The value {never!r} is never allowed by the rest of the rule.",
            "Remove it, or widen `type`.",
        )


def _without_effect(place: str, found: Inner) -> Iterator[Finding]:
    types = found.schema.get("type")
    if types is None:
        return
    named = {types} if isinstance(types, str) else set(types) if isinstance(types, list) else set()
    for word, wanted in _TYPED.items():
        if word in found.schema and named and not named & wanted:
            yield Finding(
                "warning",
                "unreachable",
                place,
                f"{word} says nothing of {' or '.join(sorted(map(str, named)))}.",
                f"Remove {word}, or give another type.",
            )


def _required(place: str, found: Inner) -> Iterator[Finding]:
    required, properties = found.schema.get("required"), found.schema.get("properties", {})
    if not isinstance(required, list) or not isinstance(properties, dict):
        return
    patterns = found.schema.get("patternProperties")
    for name in required:
        if properties.get(name) is False:
            yield Finding(
                "error",
                "contradiction",
                place,
                f"{name!r} is required, and never allowed.",
                "Take it out of `required`, or give it a type.",
            )
        elif name not in properties and not patterns and found.name is not None:
            yield Finding(
                "error",
                "undefined",
                place,
                f"{name!r} is required, but is not among the properties.",
                f"Add {name!r} with its type, or take it out of `required`.",
            )


def misplaced(at: str, type_: RuleType, schema: dict[str, Any]) -> Iterator[Finding]:
    """What a rule says of the other kind's member is never looked at by people who send it."""
    member = MEMBERS.get(type_)
    properties = schema.get("properties")
    if member is None or not isinstance(properties, dict):
        return
    other = "traits" if member == "properties" else "properties"
    if properties.get(other):
        yield Finding(
            "warning",
            "unreachable",
            f"{at}.{other}",
            f"{type_.capitalize()} events have {member}, no {other}.",
            f"Move it to {member}.",
        )


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} lies outside of it")


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"
