"""RFM: customers by how recently, how often and for how much they bought, in named segments.

Scores are fifths (or other parts) of the people: 1 + whole(parts × share of people with less), so
that who is alike has the same score.
"""

import math
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis, EventName, Level, Property
from headwater.analytics.model import Request as Asked
from headwater.errors import InvalidError
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share

_SEGMENTS: Final = (
    # Recency from and to, frequency from and to, of five; the first that fits.
    ("champions", 5, 5, 4, 5),
    ("loyal", 3, 4, 4, 5),
    ("promising", 4, 5, 2, 3),
    ("new", 4, 5, 1, 1),
    ("need_attention", 3, 3, 2, 3),
    ("about_to_sleep", 3, 3, 1, 1),
    ("cannot_lose", 1, 2, 5, 5),
    ("at_risk", 1, 2, 3, 4),
    ("lost", 1, 2, 1, 2),
)


class Request(Asked, frozen=True, kw_only=True):
    """The purchases of the period."""

    event: EventName
    value: Annotated[Property, Meta(description="The property that is the sum paid.")] = ""
    parts: Annotated[int, Meta(ge=2, le=10)] = 5
    level: Level = LEVEL


class Segment(msgspec.Struct, frozen=True, rename="camel"):
    """Customers who are alike."""

    name: str
    people: Share
    value: float
    value_per_person: float | None


class Cell(msgspec.Struct, frozen=True, rename="camel"):
    """How many have the three scores, the highest of which is best."""

    recency: int
    frequency: int
    monetary: int
    people: int
    value: float


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The segments, and what they are made of."""

    n: int
    segments: list[Segment]
    cells: list[Cell]


def ask(request: Request, data: Events) -> Answer:
    """Score everybody in the engine, and name the segments."""
    data.require(request.event, "event")
    rows = data.rows(scores(request, data))
    if not rows:
        raise InvalidError("Nobody did this within the period.", field="event")
    cells = [
        Cell(
            int(each["recency"]),
            int(each["frequency"]),
            int(each["monetary"]),
            int(each["people"]),
            float(each["value"] or 0),
        )
        for each in rows
    ]
    cells.sort(key=lambda each: (-each.recency, -each.frequency, -each.monetary))
    n = sum(each.people for each in cells)
    return Answer(n, [_segment(name, cells, n, request) for name, *_ in _SEGMENTS], cells)


def scores(request: Request, data: Events) -> Any:
    """`recency`, `frequency`, `monetary`, `people`, `value`."""
    numbers = {"number": request.value} if request.value else {}
    told = data.among(data.events(request.event, {}, numbers, data.span(request.period)))
    paid = told.number.fill_null(0.0).sum() if request.value else told.count().cast("float64")
    mine = told.group_by("person").agg(last=told["at"].max(), times=told.count(), paid=paid)
    by = {"recency": mine["last"], "frequency": mine.times, "monetary": mine.paid}
    scored = mine.mutate(**{name: _score(each, request.parts) for name, each in by.items()})
    return scored.group_by(list(by)).agg(people=scored.count(), value=scored.paid.sum())


def _score(column: Any, parts: int) -> Any:
    less = ibis.percent_rank().over(ibis.window(order_by=column))
    return ibis.least((less * parts).floor().cast("int64") + 1, parts)


def _segment(name: str, cells: list[Cell], n: int, request: Request) -> Segment:
    mine = [each for each in cells if segment_of(each, request.parts) == name]
    people, value = sum(each.people for each in mine), sum(each.value for each in mine)
    return Segment(name, share(people, n, request.level), value, value / people if people else None)


def segment_of(cell: Cell, parts: int) -> str:
    """The segment of scores, as if they were of five parts."""
    recency, frequency = (math.ceil(each * 5 / parts) for each in (cell.recency, cell.frequency))
    return next(
        name
        for name, low, high, least, most in _SEGMENTS
        if low <= recency <= high and least <= frequency <= most
    )


ANALYSIS = Analysis("rfm", "RFM", __doc__, Request, Answer, ask)
