"""Leaving fields of an event out, and saying in `context.protocols` which."""

from collections.abc import Iterable
from typing import Any, Final

from headwater.pipeline.event import Event
from headwater.plans.subschemas import Path, dotted

OMITTED: Final = "omitted"
"""Under this stands what the plan does not name,"""
OMITTED_ON_VIOLATION: Final = "omitted_on_violation"
"""and under this what was not as the plan says."""

_MOST_NAMED: Final = 100
_FIELDS: Final = ("properties", "traits")


def leave_out(event: Event, paths: Iterable[Path], under: str) -> set[Path]:
    """Leave members out of the event's properties or traits; those that are elsewhere stay.

    Returns the paths of what is left out.
    """
    # Of a list's items the last go first, for the others would move up.
    wanted = {path for path in paths if len(path) > 1 and path[0] in _FIELDS}
    properties: Any = event.properties
    gone: set[Path] = set()
    for path in sorted(wanted, key=_order, reverse=True):
        after = _without(properties, path[1:])
        if after is not properties:
            properties = after
            gone.add(path)
    if gone:
        event.properties = properties
        _tell(event, [dotted(path[1:]) for path in sorted(gone, key=_order)], under)
    return gone


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _without(value: Any, path: Path) -> Any:
    """A value without what a path leads to; the same where that is not there."""
    step, rest = path[0], path[1:]
    if type(value) is dict and step in value:
        if not rest:
            return {name: each for name, each in value.items() if name != step}
        inner = _without(value[step], rest)
        return value if inner is value[step] else {**value, step: inner}
    if type(value) is list and isinstance(step, int) and step < len(value):
        if not rest:
            return [*value[:step], *value[step + 1 :]]
        inner = _without(value[step], rest)
        return value if inner is value[step] else [*value[:step], inner, *value[step + 1 :]]
    return value


def _tell(event: Event, names: list[str], under: str) -> None:
    protocols = event.context.get("protocols")
    held = protocols if type(protocols) is dict else {}
    known = held.get(under)
    told = [*(known if type(known) is list else []), *names][:_MOST_NAMED]
    event.context = {**event.context, "protocols": {**held, under: told}}
