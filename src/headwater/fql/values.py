"""Values of events, compared as JSON means them: true is not 1, and 1 is 1.0."""

from collections.abc import Mapping
from typing import Any


def same(one: Any, other: Any) -> bool:
    """Whether two values have the same type and content; objects are compared with nothing."""
    if type(one) is not list or type(other) is not list:
        return _same_scalar(one, other)
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        if len(left) != len(right):
            return False
        for a, b in zip(left, right, strict=True):
            if type(a) is list and type(b) is list:
                pairs.append((a, b))
            elif not _same_scalar(a, b):
                return False
    return True


def _same_scalar(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list | Mapping) or isinstance(other, list | Mapping):
        return False
    return bool(one == other)
