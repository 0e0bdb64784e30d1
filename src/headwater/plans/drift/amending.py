"""Carrying out an amendment on a rule's schema. Pure."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from headwater.plans.drift.model import Amendment, Operation

Schema = dict[str, Any]


def amended(schema: Schema | None, amendment: Amendment) -> Schema:
    """The schema after an amendment; equal to it where nothing is to be done."""
    made = deepcopy(schema) if schema else {}
    if amendment.operation == "rule":
        return made or deepcopy(amendment.value)
    *above, last = amendment.steps or ("",)
    outer = made
    for step in above:
        inner = outer.setdefault(step, {})
        if not isinstance(inner, dict):
            return made
        outer = inner
    _OPERATIONS[amendment.operation](made, outer, last, amendment)
    return made


def _property(made: Schema, outer: Schema, last: str, amendment: Amendment) -> None:  # noqa: ARG001
    if outer.get(last) in (None, False):
        outer[last] = deepcopy(amendment.value)


def _type(made: Schema, outer: Schema, last: str, amendment: Amendment) -> None:  # noqa: ARG001
    schema = outer.get(last)
    if not isinstance(schema, dict) or "type" not in schema:
        return
    held = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    new = [each for each in amendment.value if each not in held]
    if "number" in new and "integer" in held:
        held = [each for each in held if each != "integer"]
    kinds = [*held, *new]
    schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    if isinstance(schema.get("enum"), list) and "null" in new and None not in schema["enum"]:
        schema["enum"].append(None)


def _optional(made: Schema, outer: Schema, last: str, amendment: Amendment) -> None:
    """`outer` is the properties that `last` is one of; what they belong to requires it."""
    del outer
    owner: Any = made
    for step in amendment.steps[:-2]:
        owner = owner.get(step, {})
    required = owner.get("required")
    if isinstance(required, list) and last in required:
        required.remove(last)
        if not required:
            del owner["required"]


def _value(made: Schema, outer: Schema, last: str, amendment: Amendment) -> None:  # noqa: ARG001
    schema = outer.get(last)
    if not isinstance(schema, dict):
        return
    values = schema.get("enum")
    if amendment.value is None:
        schema.pop("enum", None)
    elif isinstance(values, list) and amendment.value not in values:
        values.append(amendment.value)


def _range(made: Schema, outer: Schema, last: str, amendment: Amendment) -> None:  # noqa: ARG001
    schema = outer.get(last)
    if isinstance(schema, dict):
        for word, bound in amendment.value.items():
            held = schema.get(word)
            is_tighter = held is not None and (held < bound if "max" in word else held > bound)
            if is_tighter:
                schema[word] = bound


def _format(made: Schema, outer: Schema, last: str, amendment: Amendment) -> None:  # noqa: ARG001
    schema = outer.get(last)
    if isinstance(schema, dict) and schema.get("format") == amendment.value:
        del schema["format"]


_OPERATIONS: Final[Mapping[Operation, Callable[[Schema, Schema, str, Amendment], None]]] = {
    "property": _property,
    "type": _type,
    "optional": _optional,
    "value": _value,
    "range": _range,
    "format": _format,
}


def amended_by(schema: Schema | None, amendments: Sequence[Amendment]) -> Schema:
    """The schema after several."""
    made = schema or {}
    for each in amendments:
        made = amended(made, each)
    return made
