"""What JavaScript could not hold comes back where the function did not touch it.

JavaScript's numbers are doubles: of 9007199254740993 it makes …992, of 1.0 it makes 1. Where a
function changed an event, what it left as it saw it is given back as it was.
"""

from typing import Any

import msgspec


def restored(given: Any, seen: Any, returned: Any) -> Any:
    """`returned`, with what is in it as it was `seen` taken from what was `given`."""
    if type(seen) is type(returned):
        if isinstance(returned, dict):
            return {
                key: restored(given[key], seen[key], value)
                if key in seen and key in given
                else value
                for key, value in returned.items()
            }
        if isinstance(returned, list) and len(returned) == len(seen) == len(given):
            return [restored(*each) for each in zip(given, seen, returned, strict=True)]
    return given if _is_same(seen, returned) else returned


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and msgspec.json.encode(one) == msgspec.json.encode(other)
