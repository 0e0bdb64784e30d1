"""Paths: what people do after an event, or before it, step by step.

The way of a person begins with the first time in the period that they did the event, and goes on
for some hours; before it, it leads there. The same event one time after another is one step.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.behaviour.everything import everything, steps
from headwater.analytics.events import Events
from headwater.analytics.model import Analysis, EventName, Request

_OTHERS: Final = "…"
_MOST: Final = 20_000


class PathsRequest(Request, frozen=True, kw_only=True):
    """The ways from an event on, or to it."""

    event: EventName
    direction: Annotated[
        Literal["after", "before"], Meta(description="What comes after it, or leads to it.")
    ] = "after"
    depth: Annotated[int, Meta(ge=1, le=10, description="How many steps.")] = 4
    top: Annotated[
        int, Meta(ge=1, le=30, description="So many events of each step; the rest is one.")
    ] = 8
    within_hours: Annotated[int, Meta(ge=1, le=8760)] = 24


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """How many people went from one event to another; `step` 1 is the first after the event (or the
    last before it), and `…` are all the events that are not among the largest."""

    step: int
    source: str
    target: str
    people: int


class Node(msgspec.Struct, frozen=True, rename="camel"):
    """How many people did what at a step, and how many did nothing after (or before) it."""

    step: int
    event: str
    people: int
    ended: int


class Paths(msgspec.Struct, frozen=True, rename="camel"):
    """`n` people who did the event, the links of a Sankey diagram, and its nodes."""

    n: int
    links: list[Link]
    nodes: list[Node]


def ask(request: PathsRequest, data: Events) -> Paths:
    """Follow each person in the engine; fold the small events together."""
    data.require(request.event, "event")
    is_after = request.direction == "after"
    span = data.span(request.period)
    told = everything(data, span)
    found = steps(told, request.event, request.within_hours, request.depth + 1, is_after=is_after)
    found = found.order_by([found.place, found.people.desc(), found.before, found.name])
    rows = data.rows(found.limit(_MOST))
    ways: dict[tuple[int, str | None, str], int] = {}
    sizes: dict[int, dict[str, int]] = {}
    for each in rows:
        place, people = int(each["place"]), int(each["people"])
        ways[place, each["before"], each["name"]] = people
        here = sizes.setdefault(place, {})
        here[each["name"]] = here.get(each["name"], 0) + people
    kept = {
        place: set(sorted(here, key=lambda name: (-here[name], name))[: request.top])
        for place, here in sizes.items()
    }
    links: dict[tuple[int, str, str], int] = {}
    nodes: dict[tuple[int, str], int] = {}
    left: dict[tuple[int, str], int] = {}

    def shown(place: int, name: str) -> str:
        return name if name in kept[place] else _OTHERS

    for (place, before, name), people in ways.items():
        target = shown(place, name)
        nodes[place, target] = nodes.get((place, target), 0) + people
        if before is not None and place:
            source = shown(place - 1, before)
            link = (place, source, target)
            links[link] = links.get(link, 0) + people
            left[place - 1, source] = left.get((place - 1, source), 0) + people
    return Paths(
        sum(people for (place, _), people in nodes.items() if place == 0),
        [Link(*each, people) for each, people in sorted(links.items(), key=_largest)],
        [
            Node(*each, people, people - left.get(each, 0) if each[0] < request.depth else 0)
            for each, people in sorted(nodes.items(), key=_largest)
        ],
    )


def _largest(each: tuple[tuple[object, ...], int]) -> tuple[object, ...]:
    (step, *names), people = each
    return (step, -people, *names)


ANALYSIS = Analysis("paths", "Paths", __doc__, PathsRequest, Paths, ask)
