"""Funnel: how many people go from step to step, how long it takes them, and where they stop.

A step follows at a later moment than the one before it, and within the window of a first step. Of
all first steps of a person the one that leads furthest counts.
"""

from typing import Annotated, Any, Literal

import ibis
import msgspec
from msgspec import Meta

from headwater.analytics.behaviour.activity import Doing, done, later
from headwater.analytics.behaviour.chains import by_person, chained
from headwater.analytics.events import Events
from headwater.analytics.model import Analysis, Level, Property
from headwater.analytics.model import Request as Asked
from headwater.analytics.periods import Span
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share


class Request(Asked, frozen=True, kw_only=True):
    """The steps, of those who took the first within the period."""

    steps: Annotated[list[Doing], Meta(min_length=2, max_length=10)]
    order: Annotated[
        Literal["loose", "strict"],
        Meta(description="Whether another event may come between; strict: none may."),
    ] = "loose"
    without: Annotated[
        list[Doing], Meta(max_length=5, description="What must not come between first and last.")
    ] = msgspec.field(default_factory=list)
    window_hours: Annotated[int, Meta(ge=1, le=8760)] = 168
    trait: Annotated[Property, Meta(description="Beside all, the people by this trait.")] = ""
    level: Level = LEVEL


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """Who got so far, of the first step and of the one before; and the time since the first."""

    event: str
    people: int
    of_first: Share
    of_previous: Share
    dropped: int
    """Who came no further than the step before."""
    seconds_median: float | None
    seconds_p90: float | None


class Group(msgspec.Struct, frozen=True, rename="camel"):
    """The steps of the people with one value of the trait; None has none."""

    value: str | None
    steps: list[Step]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """All people, and by trait the thirty largest groups."""

    n: int
    steps: list[Step]
    groups: list[Group]


def ask(request: Request, data: Events) -> Answer:
    """Chain the steps of each person in the engine, and count."""
    people = people_of(request, data)
    (found,) = data.rows(people.agg(**_figures(people, len(request.steps))))
    steps = _steps(request, found)
    return Answer(steps[0].people, steps, _groups(request, data, people))


def people_of(request: Request, data: Events) -> Any:
    """Everybody who took the first step, with how far they got."""
    span = data.span(request.period)
    after = later(span, request.window_hours / 24)
    rows = [
        _rows(done(doing, data, after if at else span, "steps"), at + 1)
        for at, doing in enumerate(request.steps)
    ]
    rows += [_rows(done(each, data, after, "without"), 0) for each in request.without]
    if request.order == "strict":
        rows += [_rows(each, -1) for each in _others(data, after)]
    told = chained(
        ibis.union(*rows),
        len(request.steps),
        request.window_hours,
        strict=request.order == "strict",
    )
    return by_person(told, len(request.steps))


def _others(data: Events, span: Span) -> list[Any]:
    names = [each for each in ("track", "page", "screen") if data.columns(each)]
    return [data.events(each, {}, {}, span) for each in names]


def _rows(told: Any, step: int) -> Any:
    return told.select("person", "at", step=ibis.literal(step, "int64"))


def _figures(people: Any, steps: int) -> dict[str, Any]:
    figures = {f"n{at}": people[f"r{at}"].ifelse(1, 0).sum() for at in range(1, steps + 1)}
    for at in range(2, steps + 1):
        figures[f"median{at}"] = people[f"t{at}"].quantile(0.5)
        figures[f"p{at}"] = people[f"t{at}"].quantile(0.9)
    return figures


def _steps(request: Request, found: dict[str, Any]) -> list[Step]:
    counts = [int(found[f"n{at + 1}"] or 0) for at in range(len(request.steps))]
    steps = []
    for at, (doing, count) in enumerate(zip(request.steps, counts, strict=True)):
        before = counts[at - 1] if at else count
        times = [found.get(f"{name}{at + 1}") for name in ("median", "p")]
        steps.append(
            Step(
                doing.event,
                count,
                share(count, counts[0], request.level),
                share(count, before, request.level),
                before - count,
                *[None if each is None else float(each) for each in times],
            )
        )
    return steps


def _groups(request: Request, data: Events, people: Any) -> list[Group]:
    if not request.trait:
        return []
    told = data.traits({"value": request.trait}, {})
    told = told.select(owner=told.person, value=told.value)
    joined = people.left_join(told, people.person == told.owner)
    counted = joined.group_by("value").agg(**_figures(joined, len(request.steps)))
    rows = data.rows(counted.order_by([counted.n1.desc(), counted.value]).limit(30))
    return [Group(each["value"], _steps(request, each)) for each in rows]


ANALYSIS = Analysis("funnel", "Funnel", __doc__, Request, Answer, ask)
