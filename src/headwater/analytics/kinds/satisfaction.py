"""Satisfaction: CSAT, NPS and CES of what customers answered when they were asked.

CSAT is the share of good ratings; NPS the share of 9 and 10 less that of 0 to 6; CES the mean. The
score's kind is a property of the feedback, csat where it is not said. The feedback of the period;
an attribute that it lacks is its ticket's.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.model import Analysis, Level, Request
from headwater.analytics.support.feedback import ratings
from headwater.analytics.support.reading import NONE, By, Names
from headwater.analytics.support.scores import Score, csat, mean, nps
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share


class SatisfactionRequest(Request, frozen=True, kw_only=True):
    """Scores, by what tickets are told apart by."""

    by: Annotated[By, Meta(description="What tickets are told apart by.")] = ""
    good: Annotated[float, Meta(description="From which rating on a CSAT is good.")] = 4.0
    names: Names = Names()
    level: Level = LEVEL


class Scores(msgspec.Struct, frozen=True, rename="camel"):
    """Of each kind of score, what its ratings add up to."""

    key: str
    csat: Share
    nps: Score
    ces: Score


class Satisfaction(msgspec.Struct, frozen=True, rename="camel"):
    """All feedback together, and that of each key; `other` is of a kind that is not known."""

    n: int
    other: int
    total: Scores
    rows: list[Scores]


_Counts = Mapping[str, Mapping[float, int]]


def ask(request: SatisfactionRequest, data: Events) -> Satisfaction:
    told = ratings(data, request.names, data.span(request.period), {})
    key = told[request.by].fill_null(NONE) if request.by else ""
    counted = told.mutate(key=key).group_by("key", "score", "rating")
    rows = data.rows(counted.agg(n=lambda t: t.count()))
    by_key: dict[str, dict[str, dict[float, int]]] = defaultdict(lambda: defaultdict(dict))
    total: dict[str, dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        by_key[row["key"]][row["score"]][row["rating"]] = row["n"]
        total[row["score"]][row["rating"]] += row["n"]

    def scores(name: str, counts: _Counts) -> Scores:
        return Scores(
            name,
            csat(counts.get("csat", {}), request.good, request.level),
            nps(counts.get("nps", {}), request.level),
            mean(counts.get("ces", {}), request.level),
        )

    def most(pair: tuple[str, _Counts]) -> tuple[int, str]:
        return -sum(sum(each.values()) for each in pair[1].values()), pair[0]

    return Satisfaction(
        sum(row["n"] for row in rows),
        sum(row["n"] for row in rows if row["score"] not in ("csat", "nps", "ces")),
        scores("", total),
        [scores(name, counts) for name, counts in sorted(by_key.items(), key=most)]
        if request.by
        else [],
    )


ANALYSIS = Analysis("satisfaction", "Satisfaction", __doc__, SatisfactionRequest, Satisfaction, ask)
