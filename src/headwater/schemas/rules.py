"""From sampled events to what is known of their properties. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from headwater.kit.clock import isoformat
from headwater.loading.values import json_text, kind_of
from headwater.naming import context_column, property_column
from headwater.schemas.model import MOST_PATHS, PropertySeen, SampleRow, TypeShare
from headwater.search.paths import path_of

MOST_EXAMPLES: Final = 5
LONGEST_EXAMPLE: Final = 80
MOST_DISTINCT: Final = 1_000

_TRAITS: Final = frozenset({"identify", "group"})
_Keys = tuple[str, ...]
_decode = msgspec.json.Decoder().decode


class _Property:
    """What was met at one path."""

    def __init__(self, at: int) -> None:
        self.types: Counter[str] = Counter()
        self.values: set[str] = set()
        self.examples: list[str] = []
        self.first = self.last = at

    def add(self, value: Any, at: int) -> None:
        kind = type_of(value)
        self.types[kind] += 1
        self.first, self.last = min(self.first, at), max(self.last, at)
        if kind == "null" or len(self.values) >= MOST_DISTINCT:
            return
        text = json_text(value)
        if text not in self.values:
            self.values.add(text)
            if len(self.examples) < MOST_EXAMPLES:
                self.examples.append(_short(text))


def properties(kind: str, rows: Iterable[SampleRow]) -> list[PropertySeen]:
    """The properties of events of a type, and then their context, each in the order of their
    names; no more than MOST_PATHS."""
    found: dict[_Keys, _Property] = {}
    roots = ("traits" if kind in _TRAITS else "properties", "context")
    count = 0
    for row in rows:
        count += 1
        for root, text in zip(roots, (row.properties, row.context), strict=True):
            for keys, value in _values((root,), _object(text)):
                known = found.get(keys)
                if known is None:
                    if len(found) >= MOST_PATHS:
                        continue
                    known = found[keys] = _Property(row.received_at)
                known.add(value, row.received_at)
    listed = sorted(found.items(), key=lambda each: (each[0][0] == "context", each[0]))
    return [_shown(keys, each, count) for keys, each in listed]


def type_of(value: Any) -> str:
    """The name of a value's type.

    >>> [type_of(value) for value in (5, 5.5, "2026-01-01", [1], None)]
    ['integer', 'float', 'time', 'array', 'null']
    """
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    return kind_of(value).value


def _values(keys: _Keys, value: dict[str, Any]) -> Iterator[tuple[_Keys, Any]]:
    """What stands in an object, and in the objects in it, down to what is none (or empty)."""
    pending = [(keys, value)]
    while pending:
        path, members = pending.pop()
        for key, inner in members.items():
            if isinstance(inner, dict) and inner:
                pending.append(((*path, key), inner))
            else:
                yield (*path, key), inner


def _object(text: str) -> dict[str, Any]:
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _shown(keys: _Keys, known: _Property, count: int) -> PropertySeen:
    met = known.types.total()
    column = context_column(keys[1:]) if keys[0] == "context" else property_column(keys[1:])
    return PropertySeen(
        path=path_of(keys),
        column=column,
        types=[TypeShare(kind, round(n / met, 4)) for kind, n in known.types.most_common()],
        presence=round(met / count, 4),
        distinct=len(known.values),
        examples=known.examples,
        first_seen=isoformat(known.first),
        last_seen=isoformat(known.last),
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"
