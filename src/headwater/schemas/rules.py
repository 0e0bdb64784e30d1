"""From sampled events to what is known of their properties. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
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


class _Place:
    """A key that objects have, in the sampled events: its values there, and the keys below it."""

    __slots__ = ("below", "times", "values")

    def __init__(self) -> None:
        self.below: dict[str, _Place] = {}
        self.values: list[Any] = []
        self.times: list[int] = []


def properties(kind: str, rows: Iterable[SampleRow]) -> list[PropertySeen]:
    """The properties of events of a type, and then their context, each in the order of their
    names; no more than MOST_PATHS."""
    tops = ("traits" if kind in _TRAITS else "properties", "context")
    roots = {top: _Place() for top in tops}
    left = MOST_PATHS
    count = 0
    for row in rows:
        count += 1
        for top, text in zip(tops, (row.properties, row.context), strict=True):
            left = _gather(roots[top], _object(text), row.received_at, left)
    return [
        _shown(keys, place, count)
        for top in tops
        for keys, place in sorted(_places((top,), roots[top]), key=lambda each: each[0])
    ]


def _gather(root: _Place, value: dict[str, Any], at: int, left: int) -> int:
    """Put down what stands in an object, and in the objects in it, down to what is none (or
    empty). Returns how many further paths may be noted."""
    pending = [(root, value)]
    while pending:
        place, members = pending.pop()
        for key, inner in members.items():
            found = place.below.get(key)
            if found is None:
                if not left:
                    continue
                found = place.below[key] = _Place()
            if isinstance(inner, dict) and inner:
                pending.append((found, inner))
                continue
            if not found.values:
                if not left:
                    continue
                left -= 1
            found.values.append(inner)
            found.times.append(at)
    return left


def _places(keys: _Keys, place: _Place) -> Iterator[tuple[_Keys, _Place]]:
    """The places below one that have values."""
    pending = [(keys, place)]
    while pending:
        path, here = pending.pop()
        if here.values:
            yield path, here
        pending.extend(((*path, key), below) for key, below in here.below.items())


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


def _object(text: str) -> dict[str, Any]:
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _shown(keys: _Keys, place: _Place, count: int) -> PropertySeen:
    met = len(place.values)
    types: Counter[str] = Counter()
    texts: dict[str, None] = {}
    for value, times in _distinct(place.values):
        kind = type_of(value)
        types[kind] += times
        if kind != "null" and len(texts) < MOST_DISTINCT:
            texts[json_text(value)] = None
    column = context_column(keys[1:]) if keys[0] == "context" else property_column(keys[1:])
    return PropertySeen(
        path=path_of(keys),
        column=column,
        types=[TypeShare(kind, round(n / met, 4)) for kind, n in types.most_common()],
        presence=round(met / count, 4),
        distinct=len(texts),
        examples=[_short(text) for text in islice(texts, MOST_EXAMPLES)],
        first_seen=isoformat(min(place.times)),
        last_seen=isoformat(max(place.times)),
    )


def _distinct(values: list[Any]) -> Iterator[tuple[Any, int]]:
    """Values with how often they occur: what is known of one need not be found out again."""
    plain = Counter((type(value), value) for value in values if not isinstance(value, list | dict))
    for (_, value), times in plain.items():
        yield value, times
    yield from ((value, 1) for value in values if isinstance(value, list | dict))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_EXAMPLE else text[: LONGEST_EXAMPLE - 1] + "…"
