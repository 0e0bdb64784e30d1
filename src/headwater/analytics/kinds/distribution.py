"""Distribution: how often people did something, or the values of a property."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.measures import Of, of_events
from headwater.analytics.model import Analysis, EventName, Property
from headwater.analytics.model import Request as Asked
from headwater.errors import InvalidError

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


class Request(Asked, frozen=True, kw_only=True):
    """The events of a period: per person, or each by itself."""

    event: EventName
    of: Annotated[Of, Meta(description="Per person: how often, or of a property.")] = "count"
    property: Property = ""
    per_person: Annotated[
        bool, Meta(description="One value per person; else the property of each event.")
    ] = True
    bars: Annotated[int, Meta(ge=1, le=100)] = 20


class Bar(msgspec.Struct, frozen=True, rename="camel"):
    """How many values are at least `since` and less than `until`; the last one's end is in it."""

    since: float
    until: float
    count: int


class Quantile(msgspec.Struct, frozen=True, rename="camel"):
    """The value that a share of the values does not exceed."""

    at: float
    value: float


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """Of n values. Whole numbers of a small range have a bar each."""

    n: int
    average: float | None
    least: float | None
    most: float | None
    quantiles: list[Quantile]
    bars: list[Bar]


def ask(request: Request, data: Events) -> Answer:
    """Sum up in the engine, and then count by bars."""
    values = values_of(request, data)
    number = values.number
    figures = {"n": number.count(), "average": number.mean(), "least": number.min()}
    figures |= {"most": number.max(), "whole": (number == number.floor()).all()}
    figures |= {f"q{at}": number.quantile(share) for at, share in enumerate(_QUANTILES)}
    (found,) = data.rows(values.agg(**figures))
    if not found["n"]:
        return Answer(0, None, None, None, [], [])
    least, most = float(found["least"]), float(found["most"])
    each_one = bool(found["whole"]) and most - least < request.bars
    width = 1.0 if each_one else (most - least) / request.bars or 1.0
    many = int(most - least) + 1 if each_one else request.bars if most > least else 1
    place = ((number - least) / width).floor().cast("int64")
    placed = values.select(place=ibis.least(place, many - 1))
    counts = {
        int(each["place"]): int(each["n"])
        for each in data.rows(placed.group_by("place").agg(n=placed.count()))
    }
    return Answer(
        int(found["n"]),
        float(found["average"]),
        least,
        most,
        [Quantile(share, float(found[f"q{at}"])) for at, share in enumerate(_QUANTILES)],
        [
            Bar(least + at * width, least + (at + 1) * width, counts.get(at, 0))
            for at in range(many)
        ],
    )


def values_of(request: Request, data: Events) -> Any:
    """The values, as `number`."""
    data.require(request.event, "event")
    counted = request.per_person and request.of in {"count", "days"}
    if not request.property and not counted:
        raise InvalidError("property: of which property?", field="property")
    numbers = {"number": request.property} if request.property else {}
    told = data.among(data.events(request.event, {}, numbers, data.span(request.period)))
    if request.per_person:
        told = of_events(told, request.of)
    return told.filter(told.number.notnull()).select("number")


ANALYSIS = Analysis("distribution", "Distribution", __doc__, Request, Answer, ask)
