"""What linting finds, and what it is told to hold to."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from headwater.plans.inferring import paths

Level = Literal["error", "warning"]
Style = Literal["majority", "any", "title", "sentence", "snake", "camel", "pascal", "kebab"]


class Conventions(msgspec.Struct, frozen=True, kw_only=True):
    """How names are to be written; `majority` is as most of them are."""

    events: Style = "majority"
    properties: Style = "majority"
    descriptions: bool = True
    """Whether events and properties are to have descriptions."""


class Finding(msgspec.Struct, frozen=True):
    """Something that is wrong: errors make a plan do what nobody means."""

    level: Level
    code: str
    path: str
    message: str
    remedy: str


MOST_DEEP: Final = 60


class Inner(msgspec.Struct, frozen=True):
    """A schema within another: its path in the event, its name, and the schema."""

    path: str
    name: str | None
    """Of a property; None for items and the branches of conditions."""
    schema: dict[str, Any]


_LISTS: Final = ("allOf", "anyOf", "oneOf")
_ONES: Final = ("not", "if", "then", "else", "additionalProperties", "contains", "propertyNames")


def inner_schemas(schema: Mapping[str, Any], path: str = "") -> Iterator[Inner]:
    """A schema and all within it, down to MOST_DEEP."""
    pending: list[tuple[str, str | None, Any, int]] = [(path, None, schema, 0)]
    while pending:
        at, name, here, depth = pending.pop()
        if not isinstance(here, dict) or depth > MOST_DEEP:
            continue
        yield Inner(at, name, here)
        below: list[tuple[str, str | None, Any]] = []
        properties = here.get("properties")
        if isinstance(properties, dict):
            below += [(paths.below(at, key), key, each) for key, each in properties.items()]
        items = here.get("items")
        for each in items if isinstance(items, list) else [items]:
            below.append((paths.items(at), None, each))
        for word in _LISTS:
            branches = here.get(word)
            if isinstance(branches, list):
                below += [(at, None, each) for each in branches]
        below += [(at, None, here[word]) for word in _ONES if word in here]
        pending.extend((where, key, each, depth + 1) for where, key, each in reversed(below))
