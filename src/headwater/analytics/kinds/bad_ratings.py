"""Bad ratings: which properties of tickets go with them.

For each value of each property, the share of bad ratings against that of all the others: the lift
with its interval, and a p-value that allows for how many values were looked at (Benjamini and
Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995) 289-300). That two things go
together does not say that one brings about the other.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.model import Analysis, Level, Property, Request
from headwater.analytics.support.feedback import FACTS, ratings
from headwater.analytics.support.reading import ATTRIBUTES, NONE, Names
from headwater.statistics.model import LEVEL, Doubt, Interval
from headwater.statistics.probability import independence
from headwater.statistics.proportions import Share, ratio, share

_MANY: Final = 20


class BadRatingsRequest(Request, frozen=True, kw_only=True):
    """What goes with ratings that are no better than `bad`."""

    bad: Annotated[float, Meta(description="Up to which rating one is bad.")] = 2.0
    score: Annotated[str, Meta(max_length=50, description="csat, nps or ces.")] = "csat"
    properties: Annotated[
        list[Property], Meta(max_length=20, description="Further properties of the feedback.")
    ] = msgspec.field(default_factory=list)
    least: Annotated[int, Meta(ge=1, description="Values with fewer ratings are left out.")] = 10
    names: Names = Names()
    level: Level = LEVEL


class Found(msgspec.Struct, frozen=True, rename="camel"):
    """A value of a property: its bad ratings, those of all the others, and how they differ."""

    property: str
    value: str
    bad: Share
    others: Share
    lift: float | None
    interval: Interval | None
    p_value: float | None
    adjusted_p_value: float | None


class BadRatings(msgspec.Struct, frozen=True, rename="camel"):
    """All ratings, and the values, the one that is least by chance first."""

    n: int
    total: Share
    found: list[Found]
    doubts: tuple[Doubt, ...] = ()


def ask(request: BadRatingsRequest, data: Events) -> BadRatings:
    more = {f"m{at}": name for at, name in enumerate(request.properties)}
    told = ratings(data, request.names, data.span(request.period), more)
    told = told.filter(told.score == request.score.lower())
    told = told.mutate(is_bad=(told.rating <= request.bad).ifelse(1, 0))
    n, bad, found = 0, 0, []
    for column in (*ATTRIBUTES, *FACTS, *more):
        grouped = told.mutate(value=told[column].fill_null(NONE)).group_by("value")
        rows = data.rows(
            grouped.agg(n=lambda t: t.count(), bad=lambda t: t.is_bad.sum().cast("int64"))
        )
        n, bad = sum(row["n"] for row in rows), sum(row["bad"] for row in rows)
        if len(rows) > 1:
            found += [
                _compared(more.get(column, column), row, (bad, n), request.level)
                for row in rows
                if row["n"] >= request.least
            ]
    many = (Doubt.MANY_TESTS,) if len(found) >= _MANY else ()
    return BadRatings(n, share(bad, n, request.level), _adjusted(found), many)


def _compared(name: str, row: Mapping[str, Any], total: tuple[int, int], level: float) -> Found:
    bad, n = row["bad"], row["n"]
    others, rest = total[0] - bad, total[1] - n
    mine, theirs = share(bad, n, level), share(others, rest, level)
    lift = mine.share / theirs.share if mine.share is not None and theirs.share else None
    return Found(
        name,
        row["value"],
        mine,
        theirs,
        lift,
        ratio(bad, n, others, rest, level) if rest else None,
        independence(bad, n - bad, others, rest - others),
        None,
    )


def _adjusted(found: list[Found]) -> list[Found]:
    from scipy.stats import false_discovery_control

    tested = [each for each in found if each.p_value is not None]
    if tested:
        values = false_discovery_control([each.p_value or 0.0 for each in tested])
        tested = [
            msgspec.structs.replace(each, adjusted_p_value=float(value))
            for each, value in zip(tested, values, strict=True)
        ]
    tested.sort(key=lambda each: (each.p_value or 0.0, each.property, each.value))
    return tested + [each for each in found if each.p_value is None]


ANALYSIS = Analysis("bad-ratings", "Bad ratings", __doc__, BadRatingsRequest, BadRatings, ask)
