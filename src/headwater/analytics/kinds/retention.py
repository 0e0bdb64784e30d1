"""Retention: of those who began, how many come back after so many days, weeks or months.

People begin with their first start event, or each time anew. A later event counts in its period
alone (`on`), with all that follow (`on_or_after`), or in one of the `brackets`, which each begin so
many periods after the start. What is not over yet is not known.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.behaviour.activity import Doing, Unit, done, until
from headwater.analytics.behaviour.clock import local, unit, unit_of
from headwater.analytics.behaviour.returns import begun, counted
from headwater.analytics.events import Events
from headwater.analytics.kinds.time_series import following, moments_of
from headwater.analytics.model import Analysis, Level
from headwater.analytics.model import Request as Asked
from headwater.analytics.periods import zone_of
from headwater.errors import InvalidError
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share

_MOST: Final = 600


class Request(Asked, frozen=True, kw_only=True):
    """Who began within the period, and whether they came back within it."""

    start: Doing
    back: Annotated[Doing | None, Meta(description="Else the start event itself.")] = None
    each: Unit = "week"
    returning: Annotated[
        Literal["on", "on_or_after"], Meta(description="On that day alone, or then or later.")
    ] = "on"
    brackets: Annotated[
        list[Annotated[int, Meta(ge=0, le=100)]],
        Meta(max_length=20, description="Where brackets begin, as [0, 1, 4]; else each period."),
    ] = msgspec.field(default_factory=list)
    first: Annotated[
        Literal["ever", "period", "each"],
        Meta(description="Their first ever, their first of the period, or every one."),
    ] = "ever"
    most: Annotated[int, Meta(ge=1, le=100, description="How many periods on at most.")] = 12
    level: Level = LEVEL


class Cell(msgspec.Struct, frozen=True, rename="camel"):
    """How many of a cohort came back from `offset` to `last`; `known` once these are over."""

    offset: int
    last: int
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
    midnight = datetime.min.time()
    ends = datetime.combine(last + timedelta(days=1), midnight)
    moments = moments_of(datetime.combine(first, midnight), ends, request.each)
    if len(moments) > _MOST:
        raise InvalidError(f"each: the period has more than {_MOST} of these.", field="each")
    spans = _spans(request, len(moments))
    people = people_of(request, data, moments)
    goes_on = request.returning == "on_or_after"
    rows = data.rows(counted(people, spans, len(moments), goes_on=goes_on))
    found = {int(each["cohort"]): each for each in rows}
    now = data.now.astimezone(zone_of(request.period)).replace(tzinfo=None)
    over = [following(each, request.each) <= min(now, ends) for each in moments]
    cohorts = []
    for at, moment in enumerate(moments):
        told = found.get(at, {})
        size = int(told.get("people", 0))
        cells = []
        for place, (begins, stops) in enumerate(spans):
            if at + begins >= len(moments):
                break
            came = share(int(told.get(f"c{place}", 0)), size, request.level)
            known = at + stops < len(moments) and over[at + stops]
            cells.append(Cell(begins, stops, came, known))
        cohorts.append(Cohort(moment, size, cells))
    return Answer(sum(each.people for each in cohorts), cohorts, _curve(cohorts, spans, request))


def _spans(request: Request, moments: int) -> list[tuple[int, int]]:
    """The first and the last period of each cell. Raises InvalidError for brackets in disorder."""
    begins = request.brackets
    if not begins:
        return [(each, each) for each in range(min(request.most + 1, moments))]
    if sorted(set(begins)) != begins or begins[-1] > request.most:
        raise InvalidError(
            "brackets: each begins after the one before, and none after `most`.", field="brackets"
        )
    ends = [*(each - 1 for each in begins[1:]), request.most]
    spans = list(zip(begins, ends, strict=True))
    return [each for each in spans if each[0] < moments]


def people_of(request: Request, data: Events, moments: list[datetime]) -> Any:
    """Each `person` with the number of the `cohort` they began in, and when they came back."""
    span, zone = data.span(request.period), zone_of(request.period)
    base, count = unit_of(moments[0], request.each), len(moments)

    def numbered(doing: Doing, field: str, *, ever: bool) -> Any:
        whole = until(span) if ever else span
        told = done(doing, data, whole, field)
        number = unit(local(told["at"], zone, whole), request.each) - base
        # What was before the period is before its first week too, though that may hold it.
        inside = number.cast("int64") if not ever else (told["at"] >= span.since).ifelse(number, -1)
        return told.select("person", number=inside)

    starts = numbered(request.start, "start", ever=request.first == "ever")
    back = None if request.back is None else numbered(request.back, "back", ever=False)
    return begun(starts, back, count, each=request.first == "each")


def _curve(cohorts: list[Cohort], spans: list[tuple[int, int]], request: Request) -> list[Cell]:
    curve = []
    for place, (begins, stops) in enumerate(spans):
        known = [each.cells[place] for each in cohorts if len(each.cells) > place]
        known = [each for each in known if each.known and each.came.n]
        came = sum(each.came.count for each in known)
        n = sum(each.came.n for each in known)
        curve.append(Cell(begins, stops, share(came, n, request.level), bool(n)))
    return curve


ANALYSIS = Analysis("retention", "Retention", __doc__, Request, Answer, ask)
