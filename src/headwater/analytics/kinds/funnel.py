"""Funnel: how many people go from step to step, how long it takes them, and where they stop.

A step follows at a later moment than the one before it, and within the window of a first step. Of
all first steps of a person the one that leads furthest counts. In any order, a step is one more of
the events done within the window.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.behaviour import chains, mixed
from headwater.analytics.behaviour.activity import Doing, done, later
from headwater.analytics.conditions import chosen, is_numeric
from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis, Level, Property
from headwater.analytics.model import Request as Asked
from headwater.errors import InvalidError
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share

_GROUPS: Final = 30
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_EDGES: Final = (
    *(_MINUTE * each for each in (1, 5, 15, 30)),
    *(_HOUR * each for each in (1, 2, 4, 8, 12)),
    *(_DAY * each for each in (1, 2, 3, 5, 7, 14, 30, 60, 90, 180, 365)),
)
"""Where the bars of the histogram end, in seconds."""
_QUANTILES: Final = {"p10": 0.1, "median": 0.5, "p90": 0.9}


class Stopped(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whom to list: who got to a step, or who stopped just before it."""

    step: Annotated[int, Meta(ge=1, le=10, description="From 1.")]
    who: Literal["reached", "dropped"] = "dropped"
    most: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class Request(Asked, frozen=True, kw_only=True):
    """The steps, of those who took the first within the period."""

    steps: Annotated[list[Doing], Meta(min_length=2, max_length=10)]
    order: Annotated[
        Literal["loose", "strict", "any"],
        Meta(description="Other events may come between; none may; or in any order."),
    ] = "loose"
    without: Annotated[
        list[Doing], Meta(max_length=5, description="What must not come between first and last.")
    ] = msgspec.field(default_factory=list)
    window_hours: Annotated[int, Meta(ge=1, le=8760)] = 168
    trait: Annotated[Property, Meta(description="Beside all, the people by this trait.")] = ""
    by: Annotated[Property, Meta(description="Or by this property of their first step.")] = ""
    members: Annotated[
        Stopped | None, Meta(description="Who stopped at a step, or got to it, as a list.")
    ] = None
    level: Level = LEVEL


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """Who got so far, of the first step and of the one before; and the time since the first."""

    event: str
    people: int
    of_first: Share
    of_previous: Share
    dropped: int
    """Who came no further than the step before."""
    seconds_p10: float | None
    seconds_median: float | None
    seconds_p90: float | None


class Group(msgspec.Struct, frozen=True, rename="camel"):
    """The steps of the people with one value of the trait or property; None has none."""

    value: str | None
    steps: list[Step]


class Bar(msgspec.Struct, frozen=True, rename="camel"):
    """How many took at most so many seconds from the first to the last step, and more than the bar
    before."""

    seconds: int
    people: int


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """All people; how long the whole way took; by trait or property the thirty largest groups; and
    the people who were asked for."""

    n: int
    steps: list[Step]
    times: list[Bar]
    groups: list[Group]
    members: list[str]


def ask(request: Request, data: Events) -> Answer:
    """Chain the steps of each person in the engine, and count."""
    if request.trait and request.by:
        raise InvalidError("by: either by a trait or by a property.", field="by")
    if request.members is not None and request.members.step > len(request.steps):
        raise InvalidError("members: there is no such step.", field="members")
    people, edges = people_of(request, data), _edges(request.window_hours * _HOUR)
    (found,) = data.rows(people.agg(**_figures(people, request), **_bars(people, request, edges)))
    steps = _steps(request, found)
    times = [Bar(edge, int(found[f"b{at}"] or 0)) for at, edge in enumerate(edges)]
    groups, members = _groups(request, data, people), _members(request, data, people)
    return Answer(steps[0].people, steps, times, groups, members)


def people_of(request: Request, data: Events) -> Any:
    """Everybody who took the first step, with how far they got."""
    span, hours = data.span(request.period), request.window_hours
    after = later(span, hours / 24)
    is_free = request.order == "any"
    steps = [
        done(doing, data, after if at or is_free else span, "steps")
        for at, doing in enumerate(request.steps)
    ]
    barred = [done(each, data, after, "without") for each in request.without]
    if is_free:
        return mixed.by_person(steps, barred, hours, span.until)
    others = []
    if request.order == "strict":
        names = [each for each in ("track", "page", "screen") if data.columns(each)]
        others = [data.among(data.events(each, {}, {}, after)) for each in names]
    return chains.by_person(steps, barred, others, hours)


def _edges(window: int) -> list[int]:
    return [*(each for each in _EDGES if each < window), window]


def _figures(people: Any, request: Request) -> dict[str, Any]:
    figures = {}
    for at in range(1, len(request.steps) + 1):
        figures[f"n{at}"] = people[f"r{at}"].ifelse(1, 0).sum()
        if at > 1:
            for name, part in _QUANTILES.items():
                figures[f"{name}{at}"] = people[f"t{at}"].quantile(part)
    return figures


def _bars(people: Any, request: Request, edges: list[int]) -> dict[str, Any]:
    took, before, figures = people[f"t{len(request.steps)}"], -1, {}
    for at, edge in enumerate(edges):
        figures[f"b{at}"] = ((took > before) & (took <= edge)).ifelse(1, 0).sum()
        before = edge
    return figures


def _steps(request: Request, found: dict[str, Any]) -> list[Step]:
    counts = [int(found[f"n{at + 1}"] or 0) for at in range(len(request.steps))]
    steps = []
    for at, (doing, count) in enumerate(zip(request.steps, counts, strict=True)):
        before = counts[at - 1] if at else count
        times = [found.get(f"{name}{at + 1}") for name in _QUANTILES]
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
    if not request.trait and not request.by:
        return []
    told = _firsts(request, data) if request.by else data.traits({"value": request.trait}, {})
    told = told.select(owner=told.person, value=told.value)
    joined = people.left_join(told, people.person == told.owner)
    counted = joined.group_by("value").agg(**_figures(joined, request))
    largest = counted.order_by([counted.n1.desc(), counted.value]).limit(_GROUPS)
    return [Group(each["value"], _steps(request, each)) for each in data.rows(largest)]


def _firsts(request: Request, data: Events) -> Any:
    """`person`, and the `value` of the property at the first of their first steps."""
    doing = request.steps[0]
    names = {f"f{at}": each for at, each in enumerate(doing.where)}
    texts = {alias: each.name for alias, each in names.items() if not is_numeric(each)}
    numbers = {alias: each.name for alias, each in names.items() if is_numeric(each)}
    texts["value"] = request.by
    told = data.events(doing.event, texts, numbers, data.span(request.period))
    if names:
        told = told.filter(*[chosen(told[alias], each) for alias, each in names.items()])
    order = ibis.window(group_by="person", order_by=[told["at"], told.id])
    told = told.mutate(place=ibis.row_number().over(order))
    return told.filter(told.place == 0).select("person", "value")


def _members(request: Request, data: Events, people: Any) -> list[str]:
    wanted = request.members
    if wanted is None:
        return []
    step = wanted.step
    those = people[f"r{step}"]
    if wanted.who == "dropped":
        before = people[f"r{step - 1}"] if step > 1 else ibis.literal(value=False)
        those = before & ~those
    mine = people.filter(those).select("person").order_by("person").limit(wanted.most)
    return [each["person"] for each in data.rows(mine)]


ANALYSIS = Analysis("funnel", "Funnel", __doc__, Request, Answer, ask)
