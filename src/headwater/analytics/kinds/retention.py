"""Retention: of those who began, how many come back after so many days, weeks or months.

People begin in the period of their first start event. A later one counts on its day alone (`on`),
or with all that follow (`on_or_after`). What is not over yet is not known.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from headwater.analytics.behaviour.activity import Doing, Unit, done, moment, until
from headwater.analytics.events import Events
from headwater.analytics.kinds.time_series import following, moments_of
from headwater.analytics.model import Analysis, Level
from headwater.analytics.model import Request as Asked
from headwater.analytics.periods import zone_of
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share


class Request(Asked, frozen=True, kw_only=True):
    """Who began within the period, and whether they came back within it."""

    start: Doing
    back: Annotated[Doing | None, Meta(description="Else the start event itself.")] = None
    each: Unit = "week"
    returning: Annotated[
        Literal["on", "on_or_after"], Meta(description="On that day alone, or then or later.")
    ] = "on"
    first: Annotated[
        Literal["ever", "period"], Meta(description="Their first ever, or first of the period.")
    ] = "ever"
    most: Annotated[int, Meta(ge=1, le=100, description="How many periods on at most.")] = 12
    level: Level = LEVEL


class Cell(msgspec.Struct, frozen=True, rename="camel"):
    """How many of a cohort came back; `known` once the period is over."""

    offset: int
    came: Share
    known: bool


class Cohort(msgspec.Struct, frozen=True, rename="camel"):
    """Who began in one period."""

    began: datetime
    people: int
    cells: list[Cell]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The triangle, and the curve over all cohorts of which it is known, weighted by people."""

    n: int
    cohorts: list[Cohort]
    curve: list[Cell]


def ask(request: Request, data: Events) -> Answer:
    """Count cohorts and returns in the engine, and lay them out."""
    first, last = data.days(request.period)
    noon = datetime.min.time()
    ends = datetime.combine(last + timedelta(days=1), noon)
    moments = moments_of(datetime.combine(first, noon), ends, request.each)
    began, came = (data.rows(each) for each in counts(request, data))
    sizes = {each["cohort"]: int(each["people"]) for each in began}
    back: dict[datetime, dict[datetime, int]] = defaultdict(dict)
    for each in came:
        back[each["cohort"]][each["moment"]] = int(each["people"])
    now = data.now.astimezone(ZoneInfo(request.period.zone)).replace(tzinfo=None)
    over = [following(each, request.each) <= min(now, ends) for each in moments]
    cohorts = [
        _cohort(request, at, moments, over, sizes.get(each, 0), back[each])
        for at, each in enumerate(moments)
    ]
    return Answer(sum(sizes.values()), cohorts, _curve(cohorts, request))


def counts(request: Request, data: Events) -> tuple[Any, Any]:
    """`cohort`, `people`; and `cohort`, `moment`, `people`: of whom came back at a moment, or for
    the last time then."""
    zone = str(zone_of(request.period))
    span = data.span(request.period)
    starts = done(request.start, data, until(span) if request.first == "ever" else span, "start")
    firsts = starts.group_by("person").agg(first=starts["at"].min())
    firsts = firsts.filter(firsts["first"] >= span.since)
    firsts = firsts.select(owner=firsts.person, cohort=moment(firsts["first"], zone, request.each))
    began = firsts.group_by("cohort").agg(people=firsts.count())
    told = done(request.back or request.start, data, span, "back")
    told = told.select("person", moment=moment(told["at"], zone, request.each)).distinct()
    told = told.inner_join(firsts, told.person == firsts.owner)
    told = told.filter(told.moment >= told.cohort)
    if request.returning == "on_or_after":
        told = told.group_by(["person", "cohort"]).agg(moment=told.moment.max())
    return began, told.group_by(["cohort", "moment"]).agg(people=told.count())


def _cohort(
    request: Request,
    at: int,
    moments: list[datetime],
    over: list[bool],
    size: int,
    back: dict[datetime, int],
) -> Cohort:
    cells = []
    for offset, when in enumerate(moments[at : at + request.most + 1]):
        came = back.get(when, 0)
        if request.returning == "on_or_after":
            came = sum(count for moment, count in back.items() if moment >= when)
        cells.append(Cell(offset, share(came, size, request.level), over[at + offset]))
    return Cohort(moments[at], size, cells)


def _curve(cohorts: list[Cohort], request: Request) -> list[Cell]:
    curve = []
    for offset in range(min(request.most + 1, len(cohorts))):
        known = [each.cells[offset] for each in cohorts if len(each.cells) > offset]
        known = [each for each in known if each.known and each.came.n]
        came = sum(each.came.count for each in known)
        n = sum(each.came.n for each in known)
        curve.append(Cell(offset, share(came, n, request.level), bool(n)))
    return curve


ANALYSIS = Analysis("retention", "Retention", __doc__, Request, Answer, ask)
