"""Correlation: which numbers of people go together: traits, and what their events add up to."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.measures import Of, of_events, sample, side_by_side
from headwater.analytics.model import Analysis, EventName, Level, Property, Request
from headwater.errors import InvalidError
from headwater.statistics.correlation import Correlation, Method, matrix
from headwater.statistics.model import LEVEL

_SHOWN: Final = 500


class Measure(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A trait of people; or what an event of theirs within the period adds up to."""

    trait: Property = ""
    event: EventName = ""
    of: Annotated[Of, Meta(description="How often, on how many days, or of a property.")] = "count"
    property: Property = ""


def name_of(measure: Measure) -> str:
    """What a measure is called: its trait, or the event and what of it."""
    said = (measure.trait, measure.event, "" if measure.trait else measure.of, measure.property)
    return " ".join(each for each in said if each)


class CorrelationRequest(Request, frozen=True, kw_only=True):
    """Two measures or more, each with each."""

    measures: Annotated[list[Measure], Meta(min_length=2, max_length=20)]
    method: Method = "pearson"
    level: Level = LEVEL


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The matrix in the order of the measures, and some of the people as points."""

    n: int
    people: int
    """Of whom the n are a sample, where there are more than is computed with."""
    names: list[str]
    matrix: list[list[Correlation]]
    points: list[list[float | None]]


def ask(request: CorrelationRequest, data: Events) -> Answer:
    """Put the measures side by side in the engine, and correlate."""
    named = {f"m{at}": each for at, each in enumerate(request.measures)}
    measures = {alias: _numbers(each, request, data) for alias, each in named.items()}
    zeros = frozenset(
        alias for alias, each in named.items() if not each.trait and each.of in {"count", "days"}
    )
    people = data.population() if request.people is not None else None
    told = side_by_side(measures, zeros, people)
    n = int(data.rows(told.agg(n=told.count()))[0]["n"])
    rows = data.rows(sample(told, n).order_by("person"))
    columns = [[each[alias] for each in rows] for alias in named]
    return Answer(
        len(rows),
        n,
        [name_of(each) for each in request.measures],
        matrix(columns, request.method, request.level),
        [[each[alias] for alias in named] for each in rows[:_SHOWN]],
    )


def _numbers(measure: Measure, request: CorrelationRequest, data: Events) -> Any:
    if bool(measure.trait) == bool(measure.event):
        raise InvalidError("measures: name either a trait or an event.", field="measures")
    if measure.trait:
        return data.traits({}, {"number": measure.trait})
    data.require(measure.event, "measures")
    if measure.of not in {"count", "days"} and not measure.property:
        raise InvalidError("measures: of which property?", field="measures")
    numbers = {"number": measure.property} if measure.property else {}
    return of_events(data.events(measure.event, {}, numbers, data.span(request.period)), measure.of)


ANALYSIS = Analysis("correlation", "Correlation", __doc__, CorrelationRequest, Answer, ask)
