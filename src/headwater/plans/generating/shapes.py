"""From the rules of a plan to the calls and shapes that code is made of. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from headwater.plans.files.model import MEMBERS
from headwater.plans.generating.model import Call, Field, Kind, Shape
from headwater.plans.model import Rule, RuleType

_CALLS: Final[Mapping[RuleType, Literal["track", "identify", "group", "page", "screen"]]] = {
    RuleType.TRACK: "track",
    RuleType.IDENTIFY: "identify",
    RuleType.GROUP: "group",
    RuleType.PAGE: "page",
    RuleType.SCREEN: "screen",
}
_DEEPEST: Final = 20
_PLAIN: Final[Mapping[str, Kind]] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}
_ANY: Final = Shape(kind="any")


def calls(rules: Sequence[Rule]) -> list[Call]:
    """Those of a plan, by type and name; the newest version of an event has its plain name.

    Common rules make none: they are about what the library itself sends.
    """
    versions: dict[tuple[RuleType, str], list[Rule]] = defaultdict(list)
    for rule in sorted(rules, key=lambda each: each.id):
        if rule.type in _CALLS and rule.deprecated_at is None:
            versions[rule.type, rule.key].append(rule)
    return [
        _call(rule, "" if rule is of_name[-1] else f" v{rule.version}")
        for of_name in versions.values()
        for rule in of_name
    ]


def _call(rule: Rule, suffix: str) -> Call:
    schema = rule.json_schema or {}
    properties = schema.get("properties")
    inner = properties.get(MEMBERS[rule.type]) if isinstance(properties, dict) else None
    type_ = _CALLS[rule.type]
    words = ((rule.key or type_) + suffix,)
    body = _object(inner if isinstance(inner, dict) else {}, words, _DEEPEST)
    return Call(
        type=type_,
        event=rule.key,
        version=rule.version,
        suffix=suffix,
        description=rule.description,
        body=body,
    )


def _object(schema: Mapping[str, Any], words: tuple[str, ...], depth: int) -> Shape:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not properties:
        return Shape(kind="map")
    names = {name for name in required if isinstance(name, str)} if required else set()
    fields = [
        Field(
            name=name,
            shape=_shape(inner, (*words, name), depth - 1),
            is_required=name in names,
            description=_description(inner),
        )
        for name, inner in properties.items()
        if inner is not False
    ]
    return Shape(kind="object", fields=tuple(fields), words=words)


def _shape(schema: Any, words: tuple[str, ...], depth: int) -> Shape:
    if not isinstance(schema, dict) or depth <= 0:
        return _ANY
    if "const" in schema or isinstance(schema.get("enum"), list):
        return _enumeration(schema, words)
    types = schema.get("type")
    named = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    is_nullable = "null" in named
    shapes = list(_of_types([each for each in named if each != "null"], schema, words, depth))
    if not shapes or any(shape.kind == "any" for shape in shapes):
        return _ANY
    if len(shapes) == 1:
        return _nullable(shapes[0], is_nullable)
    return Shape(kind="union", options=tuple(shapes), is_nullable=is_nullable)


def _of_types(
    types: Sequence[Any], schema: Mapping[str, Any], words: tuple[str, ...], depth: int
) -> Iterator[Shape]:
    kinds = ["number" if each == "integer" and "number" in types else each for each in types]
    for kind in dict.fromkeys(map(str, kinds)):
        if kind == "string" and schema.get("format") in ("date-time", "date"):
            yield Shape(kind="time" if schema["format"] == "date-time" else "date")
        elif kind in _PLAIN:
            yield Shape(kind=_PLAIN[kind])
        elif kind == "object":
            yield _object(schema, words, depth)
        elif kind == "array":
            yield Shape(kind="list", items=_shape(schema.get("items"), (*words, "item"), depth - 1))
        else:
            yield _ANY


def _enumeration(schema: Mapping[str, Any], words: tuple[str, ...]) -> Shape:
    found = [schema["const"]] if "const" in schema else schema["enum"]
    values = [value for value in found if isinstance(value, str | int)]
    if not values or any(not isinstance(value, str | int | None) for value in found):
        return _ANY
    # True == 1: they are told apart by their type.
    kept = {(type(value), value): value for value in values}
    return Shape(kind="enum", values=tuple(kept.values()), is_nullable=None in found, words=words)


def _nullable(shape: Shape, is_nullable: bool) -> Shape:
    if not is_nullable or shape.kind == "any":
        return shape
    return Shape(
        kind=shape.kind,
        is_nullable=True,
        values=shape.values,
        items=shape.items,
        fields=shape.fields,
        options=shape.options,
        words=shape.words,
    )


def _description(schema: Any) -> str:
    said = schema.get("description") if isinstance(schema, dict) else None
    return said if isinstance(said, str) else ""


def objects(shape: Shape) -> Iterator[Shape]:
    """The objects and enumerations in a shape, those within others first."""
    for field in shape.fields:
        yield from objects(field.shape)
    for option in shape.options:
        yield from objects(option)
    if shape.items is not None:
        yield from objects(shape.items)
    if shape.kind in ("object", "enum"):
        yield shape
