"""Time series: an event's numbers smoothed, taken apart, forecast, and what stands out in them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.marketing.moments import local
from headwater.analytics.model import Analysis, EventName, Level, Property, Request
from headwater.analytics.periods import Period
from headwater.analytics.series import SEASONS, How, Studied, study
from headwater.errors import InvalidError
from headwater.statistics.model import LEVEL
from headwater.statistics.seasons import THRESHOLD

Each = Literal["hour", "day", "week", "month"]
Of = Literal["count", "people", "sum", "average"]
_MOST: Final = 5_000
_TRUNCATED: Final = {"hour": "h", "day": "D", "week": "W", "month": "M"}


class TimeSeriesRequest(Request, frozen=True, kw_only=True):
    """The number of an event for each hour, day, week or month."""

    event: EventName
    of: Annotated[Of, Meta(description="How often, how many people, or of a property.")] = "count"
    property: Property = ""
    each: Each = "day"
    window: Annotated[int, Meta(ge=1, le=366, description="Of the moving average.")] = 7
    alpha: Annotated[
        Annotated[float, Meta(gt=0, le=1)] | None,
        Meta(description="Of the smoothing; else the best is found."),
    ] = None
    season: Annotated[
        Annotated[int, Meta(ge=0, le=400)] | None,
        Meta(description="How many moments; 0 for none, else the usual."),
    ] = None
    horizon: Annotated[int, Meta(ge=0, le=366, description="How many to forecast.")] = 14
    threshold: Annotated[float, Meta(gt=0, le=20)] = THRESHOLD
    level: Level = LEVEL


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The moments in the period's zone, the forecast ones, and what was found."""

    at: list[datetime]
    ahead: list[datetime]
    found: Studied


def ask(request: TimeSeriesRequest, data: Events) -> Answer:
    """Ask for the numbers, fill what is missing, and study them."""
    data.require(request.event, "event")
    if request.of in {"sum", "average"} and not request.property:
        raise InvalidError("property: of which property?", field="property")
    first, last = data.days(request.period)
    ends = datetime.combine(last + timedelta(days=1), datetime.min.time())
    moments = moments_of(datetime.combine(first, datetime.min.time()), ends, request.each)
    numbers = {"number": request.property} if request.property else {}
    # The first week or month is whole, however late in it the period begins.
    period = Period(since=moments[0].date(), until=last, zone=request.period.zone)
    told = data.events(request.event, {}, numbers, data.span(period))
    told = data.among(told)
    told = told.mutate(moment=_moment(told, request.period.zone, request.each))
    counted = told.group_by("moment").agg(value=_value(told, request.of).cast("float64"))
    known = {each["moment"]: each["value"] for each in data.rows(counted)}
    here = data.now.astimezone(ZoneInfo(request.period.zone)).replace(tzinfo=None)
    moments = [each for each in moments if following(each, request.each) <= here] or moments
    missing = None if request.of == "average" else 0.0
    values = [known.get(each, missing) for each in moments]
    season = SEASONS[request.each] if request.season is None else request.season or None
    how = How(
        request.window,
        request.alpha,
        season,
        request.horizon,
        request.threshold,
        request.level,
        positive=request.of in {"count", "people"},
    )
    return Answer(moments, _ahead(moments, request), study(values, how))


def _moment(told: Any, zone: str, each: Each) -> Any:
    return local(told["at"], ibis.literal(zone)).truncate(_TRUNCATED[each]).cast("timestamp(6)")


def _value(told: Any, of: Of) -> Any:
    if of == "count":
        return told.count()
    if of == "people":
        return told.person.nunique()
    return told.number.sum() if of == "sum" else told.number.mean()


def moments_of(since: datetime, until: datetime, each: Each) -> list[datetime]:
    """The hours, days, weeks (from Mondays) or months of a span. Raises InvalidError where there
    are too many."""
    at = since
    if each == "week":
        at -= timedelta(days=at.weekday())
    elif each == "month":
        at = at.replace(day=1)
    found = []
    while at < until:
        found.append(at)
        at = following(at, each)
        if len(found) > _MOST:
            raise InvalidError(f"each: the period has more than {_MOST:,} of these.", field="each")
    return found


def following(at: datetime, each: Each) -> datetime:
    """The moment after."""
    if each == "month":
        return (at + timedelta(days=32)).replace(day=1)
    return at + timedelta(**{f"{each}s": 1})


def _ahead(moments: list[datetime], request: TimeSeriesRequest) -> list[datetime]:
    found: list[datetime] = []
    at = moments[-1]
    for _ in range(request.horizon):
        at = following(at, request.each)
        found.append(at)
    return found


ANALYSIS = Analysis("time-series", "Time series", __doc__, TimeSeriesRequest, Answer, ask)
