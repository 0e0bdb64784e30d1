"""Members as transformations name them, and the changes that are made to them."""

from collections.abc import Callable, Sequence
from typing import Any

from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, Change, changer

Act = Callable[[Event], bool]
"""Changes an event, and says whether it did."""

Changer = Callable[[Event, Change], bool]
_PREFIXES = ("properties.", "traits.", "context.")


def place(name: str) -> Changer:
    """The function that changes the member of a name: a path, or else a property or trait.

    Raises ValueError for one that cannot be changed.
    """
    if name.startswith(_PREFIXES) or name in ("userId", "anonymousId", "groupId", "event", "name"):
        return changer(name)
    properties, traits = changer(f"properties.{name}"), changer(f"traits.{name}")
    return lambda event, change: properties(event, change) or traits(event, change)


def read_at(at: Changer, event: Event) -> Any:
    """The value at a place; GONE where there is none. The first, of a path with `*`."""
    found: list[Any] = []

    def look(value: Any) -> Any:
        if value is not GONE:
            found.append(value)
        return value

    at(event, look)
    return found[0] if found else GONE


def put_at(at: Changer, event: Event, value: Any) -> bool:
    """Put a value in a place; says whether it is another one now."""
    return at(event, lambda _: value)


def on_places(names: Sequence[str], change: Change) -> Act:
    """Change the values that are there at some places. Raises ValueError for a bad name."""
    if not names:
        raise ValueError("paths: must name at least one member")
    places = [place(name) for name in names]

    def present(value: Any) -> Any:
        return value if value is GONE else change(value)

    def act(event: Event) -> bool:
        is_changed = False
        for at in places:
            is_changed = at(event, present) or is_changed
        return is_changed

    return act


def moved(source: str, target: str, *, is_kept: bool) -> Act:
    """Put what is at one place into another. Raises ValueError for a bad name, and for a `*`."""
    if "*" in source.split(".") or "*" in target.split("."):
        raise ValueError(f"{source!r} to {target!r}: a * cannot be moved")
    take, put = place(source), place(target)
    if source == target:
        return lambda _: False

    def act(event: Event) -> bool:
        value = read_at(take, event)
        if value is GONE:
            return False
        if not is_kept:
            take(event, lambda _: GONE)
        is_put = put(event, lambda _: value)
        if not is_put and not is_kept and read_at(put, event) is GONE:
            take(event, lambda _: value)  # there is no such place in this event: nothing is lost
            return False
        return is_put or not is_kept

    return act
