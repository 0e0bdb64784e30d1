"""What is not the same in two JSON objects. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from headwater.debugger.model import Difference
from headwater.search.paths import path_of

MOST: Final = 200
_MISSING: Final = object()


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """The values added, removed and changed, by their paths; MOST at most."""
    found = []
    for each in _compared((), before, after):
        found.append(each)
        if len(found) == MOST:
            break
    return found


def _compared(
    keys: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]
) -> Iterator[Difference]:
    for key in [*before, *(key for key in after if key not in before)]:
        one, other = before.get(key, _MISSING), after.get(key, _MISSING)
        path = (*keys, key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _compared(path, one, other)
        elif other is _MISSING:
            yield Difference(path_of(path), "removed", before=one)
        elif one is _MISSING:
            yield Difference(path_of(path), "added", after=other)
        elif type(one) is not type(other) or one != other:
            yield Difference(path_of(path), "changed", one, other)
