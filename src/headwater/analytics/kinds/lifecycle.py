"""Lifecycle: who of the people is new, returning, back again or gone, day by day or month by month.

New: never active before. Returning: active in the period before too. Back: active, but not in the
period before. Gone: active in the period before, and not in this one.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from headwater.analytics.behaviour.activity import Doing, Unit, done, moment, until
from headwater.analytics.events import Events
from headwater.analytics.kinds.time_series import following, moments_of
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis
from headwater.analytics.model import Request as Asked
from headwater.analytics.periods import zone_of


class Request(Asked, frozen=True, kw_only=True):
    """The event that makes somebody active."""

    active: Doing
    each: Unit = "week"


class Moment(msgspec.Struct, frozen=True, rename="camel"):
    """How many people were what; the first three were active."""

    at: datetime
    new: int
    returning: int
    back: int
    gone: int
    known: bool
    """Whether the period is over."""


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """Each period, and how many people were active in any."""

    n: int
    moments: list[Moment]


def ask(request: Request, data: Events) -> Answer:
    """Pair each person's periods in the engine, and lay them out."""
    first, last = data.days(request.period)
    midnight = datetime.min.time()
    ends = datetime.combine(last + timedelta(days=1), midnight)
    moments = moments_of(datetime.combine(first, midnight), ends, request.each)
    told = {at: [0, 0, 0, 0] for at in moments}
    n = 0
    for row in data.rows(pairs(request, data, moments[0])):
        at, before, after, people = row["moment"], row["before"], row["after"], int(row["people"])
        if at >= moments[0] and (before is None or before < moments[0]):
            n += people
        kind = 0 if before is None else 1 if following(before, request.each) == at else 2
        _add(told, at, kind, people)
        if after != (gone := following(at, request.each)):
            _add(told, gone, 3, people)
    now = data.now.astimezone(ZoneInfo(request.period.zone)).replace(tzinfo=None)
    return Answer(
        n,
        [
            Moment(at, new, returning, back, gone, following(at, request.each) <= min(now, ends))
            for at, (new, returning, back, gone) in told.items()
        ],
    )


def _add(told: dict[datetime, list[int]], at: datetime, kind: int, people: int) -> None:
    if at in told:
        told[at][kind] += people


def pairs(request: Request, data: Events, since: datetime) -> Any:
    """Each `moment` in which people were active, with those before and after it; `people`."""
    span = until(data.span(request.period))
    told = done(request.active, data, span, "active")
    zone = str(zone_of(request.period))
    told = told.select("person", moment=moment(told["at"], zone, request.each)).distinct()
    order = ibis.window(group_by="person", order_by="moment")
    told = told.mutate(before=told.moment.lag().over(order), after=told.moment.lead().over(order))
    day = since - timedelta(days=31)
    told = told.filter(told.moment >= ibis.literal(day, "timestamp(6)"))
    return told.group_by(["moment", "before", "after"]).agg(people=told.count())


ANALYSIS = Analysis("lifecycle", "Lifecycle", __doc__, Request, Answer, ask)
