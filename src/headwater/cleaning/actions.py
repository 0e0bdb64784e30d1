"""What is done about a value, or an event, that a rule finds wrong."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from msgspec import Meta

from headwater.cleaning.model import Decision, Making
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, Change, changer

FLAGGED = "flagged"
"""The member of `context` that lists the names of the rules that flagged an event."""

EventAction = Annotated[
    Literal["drop", "flag", "quarantine"],
    Meta(description="What is done with such an event."),
]
ValueAction = Annotated[
    Literal["flag", "null", "remove", "drop", "quarantine"],
    Meta(description="What is done about such a value."),
]
NumberAction = Annotated[
    Literal["flag", "clamp", "null", "remove", "drop", "quarantine"],
    Meta(description="What is done about such a number."),
]

Shown = Callable[[Any], str]


def flag(event: Event, name: str) -> bool:
    """Add a rule's name to `context.flagged`; says whether it was not there."""
    flagged = event.context.get(FLAGGED)
    names = flagged if type(flagged) is list else []
    if name in names:
        return False
    event.context = {**event.context, FLAGGED: [*names, name]}
    return True


def on_event(action: str, rule: Making, why: str) -> Callable[[Event], Decision]:
    """The function that deals with an event found wrong."""
    if action == "drop":
        dropped = rule.drop()
        return lambda _: dropped
    if action == "quarantine":
        kept = rule.quarantine(why)
        return lambda _: kept
    return lambda event: flag(event, rule.name)


def on_value(
    path: str,
    action: str,
    rule: Making,
    is_wrong: Callable[[Any], bool],
    why: Shown,
    mended: Change,
) -> Callable[[Event], Decision]:
    """The rule that looks at the values of a path and deals with those that are wrong.

    `why` says of a value what is wrong with it; `mended` is the value that `clamp` and `replace`
    put in its place. Raises ValueError for a bad path.
    """
    change_at = changer(path)
    puts: Change = {"null": lambda _: None, "remove": lambda _: GONE}.get(action, mended)
    if action in ("null", "remove", "clamp", "replace"):

        def replace(value: Any) -> Any:
            return puts(value) if value is not GONE and is_wrong(value) else value

        return lambda event: change_at(event, replace)

    def judge(event: Event) -> Decision:
        found: list[Any] = []

        def look(value: Any) -> Any:
            if value is not GONE and is_wrong(value):
                found.append(value)
            return value

        change_at(event, look)
        if not found:
            return False
        return on_event(action, rule, why(found[0]))(event)

    return judge


def first_verdict(deciders: list[Callable[[Event], Decision]]) -> Callable[[Event], Decision]:
    """Several as one: the first verdict, or else whether any touched the event."""
    if len(deciders) == 1:
        return deciders[0]

    def decide(event: Event) -> Decision:
        is_touched = False
        for one in deciders:
            decision = one(event)
            if decision is True:
                is_touched = True
            elif decision is not False:
                return decision
        return is_touched

    return decide
