"""How deep objects and arrays are nested, cheaply where they cannot be deep."""

from typing import Any, Final

import numpy as np

_SMALL: Final = 4096  # bytes; below, counting costs less than setting up arrays
_NESTED: Final = frozenset((dict, list))
_OPENER: Final = 0x7B  # "{", and "[" with the bit 0x20 set


def may_be_deep(body: bytes, longest: int, limit: int) -> bool:
    """Whether a member of `longest` bytes or less, in a body of many, can exceed `limit` levels.

    A False is certain: no stretch of `longest` bytes opens more than `limit` objects and arrays.
    """
    if len(body) < _SMALL:
        return body.count(b"{") + body.count(b"[") > limit
    openers = np.flatnonzero((np.frombuffer(body, np.uint8) | 0x20) == _OPENER)
    if len(openers) <= limit:
        return False
    return bool((openers[limit:] - openers[:-limit]).min() < longest)


def is_deeper(value: object, limit: int) -> bool:
    """Whether objects and arrays, as JSON makes them, are nested more than `limit` deep; a flat
    object is one deep."""
    level: list[Any] = [value] if type(value) in _NESTED else []
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _NESTED
        ]
        if not level:
            return False
    return bool(level)
