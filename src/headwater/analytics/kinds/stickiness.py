"""Stickiness: on how many days of a week or month people are active.

With the actives of an average day as a share of those of the week or month (DAU to WAU or MAU).
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from headwater.analytics.behaviour.activity import Doing, done, moment
from headwater.analytics.events import Events
from headwater.analytics.kinds.time_series import following, moments_of
from headwater.analytics.model import Analysis
from headwater.analytics.model import Request as Asked
from headwater.analytics.periods import zone_of


class Request(Asked, frozen=True, kw_only=True):
    """The event that makes somebody active. Only whole weeks or months of the period count."""

    active: Doing
    each: Literal["week", "month"] = "month"


class Days(msgspec.Struct, frozen=True, rename="camel"):
    """How many people were active on so many days."""

    days: int
    people: int


class Moment(msgspec.Struct, frozen=True, rename="camel"):
    """A week or month: its actives, those of an average day, and these as a share of those."""

    at: datetime
    people: int
    daily: float
    ratio: float | None
    histogram: list[Days]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The whole weeks or months; n is the person-periods."""

    n: int
    moments: list[Moment]


def ask(request: Request, data: Events) -> Answer:
    """Count the days of each person in the engine."""
    first, last = data.days(request.period)
    midnight = datetime.min.time()
    begins = datetime.combine(first, midnight)
    ends = datetime.combine(last + timedelta(days=1), midnight)
    now = data.now.astimezone(ZoneInfo(request.period.zone)).replace(tzinfo=None)
    found: dict[datetime, list[Days]] = defaultdict(list)
    for row in sorted(data.rows(days_of(request, data)), key=lambda each: int(each["days"])):
        found[row["moment"]].append(Days(int(row["days"]), int(row["people"])))
    moments = [
        _moment(at, (following(at, request.each) - at).days, found[at])
        for at in moments_of(begins, ends, request.each)
        if at >= begins and following(at, request.each) <= min(now, ends)
    ]
    return Answer(sum(each.people for each in moments), moments)


def days_of(request: Request, data: Events) -> Any:
    """`moment`, `days`, `people`."""
    zone = str(zone_of(request.period))
    told = done(request.active, data, data.span(request.period), "active")
    told = told.select("person", day=moment(told["at"], zone, "day")).distinct()
    told = told.mutate(moment=moment(told.day, "UTC", request.each))
    mine = told.group_by(["person", "moment"]).agg(days=told.count())
    return mine.group_by(["moment", "days"]).agg(people=mine.count())


def _moment(at: datetime, length: int, histogram: list[Days]) -> Moment:
    people = sum(each.people for each in histogram)
    daily = sum(each.people * each.days for each in histogram) / length
    return Moment(at, people, daily, daily / people if people else None, histogram)


ANALYSIS = Analysis("stickiness", "Stickiness", __doc__, Request, Answer, ask)
