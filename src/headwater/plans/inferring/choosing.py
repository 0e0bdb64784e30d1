"""Taking a proposal in parts. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from headwater.plans.inferring import paths
from headwater.plans.inferring.model import ASPECTS

_KEYWORDS: Final = {
    "required": ("required",),
    "enums": ("enum",),
    "ranges": ("minimum", "maximum"),
    "formats": ("format",),
}


def chosen(
    schema: Mapping[str, Any],
    *,
    aspects: Collection[str] = ASPECTS,
    without: Collection[str] = (),
    optional: Collection[str] = (),
) -> dict[str, Any]:
    """A proposed schema with these aspects only, and without the properties at some paths; those
    at others are not required."""
    dropped = {word for each in ASPECTS if each not in aspects for word in _KEYWORDS[each]}
    return _pruned(schema, "", dropped, set(without), set(optional))


def _pruned(
    schema: Mapping[str, Any], path: str, dropped: set[str], without: set[str], optional: set[str]
) -> dict[str, Any]:
    made = {word: value for word, value in schema.items() if word not in dropped}
    properties = schema.get("properties")
    if isinstance(properties, dict):
        left = {name: paths.below(path, name) for name in properties}
        made["properties"] = {
            name: _pruned(properties[name], at, dropped, without, optional)
            for name, at in left.items()
            if at not in without
        }
        required = [
            name
            for name in made.get("required", ())
            if left.get(name) not in without and left.get(name) not in optional
        ]
        if required:
            made["required"] = required
        else:
            made.pop("required", None)
    if isinstance(schema.get("items"), dict):
        made["items"] = _pruned(schema["items"], paths.items(path), dropped, without, optional)
    return made
