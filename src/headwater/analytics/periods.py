"""The time that an analysis looks at."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from headwater.errors import InvalidError

_DAY: Final = timedelta(days=1)
_LAST_YEAR: Final = 2200
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Span(msgspec.Struct, frozen=True):
    """From a moment on, and before another; UTC, without a zone."""

    since: datetime
    until: datetime


class Period(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The last days, today included; or the days from `since` to `until`, both included."""

    days: Annotated[int, Meta(ge=1, le=3660, description="How many days up to today.")] = 90
    since: Annotated[
        date | None, Meta(description="The first day; then `days` does not count.")
    ] = None
    until: Annotated[date | None, Meta(description="The last day; today where it is not said.")] = (
        None
    )
    zone: Annotated[
        str, Meta(max_length=64, description="The zone whose days they are, as Asia/Shanghai.")
    ] = "UTC"


def zone_of(period: Period) -> ZoneInfo:
    """Raises InvalidError for a zone that there is none of."""
    if period.zone not in available_timezones():
        raise InvalidError(
            f"period.zone: there is no time zone {period.zone!r}.",
            field="period.zone",
            hint="Write it as Europe/Berlin or Asia/Shanghai.",
        )
    return ZoneInfo(period.zone)


def days_of(period: Period, now: datetime) -> tuple[date, date]:
    """The first and the last day. Raises InvalidError where the first comes after the last."""
    last = period.until or now.astimezone(zone_of(period)).date()
    try:
        first = period.since or last - (period.days - 1) * _DAY
    except OverflowError:
        first = date.min
    if first > last:
        raise InvalidError("period: the first day comes after the last.", field="period.since")
    if last.year > _LAST_YEAR:
        raise InvalidError(f"period: ends after {_LAST_YEAR}.", field="period.until")
    return first, last


def span_of(period: Period, now: datetime) -> Span:
    """The moments that the period begins and ends at. Raises as `days_of`."""
    zone = zone_of(period)
    first, last = days_of(period, now)

    def moment(day: date) -> datetime:
        at = datetime.combine(max(day, _FIRST.date()), datetime.min.time(), zone)
        return at.astimezone(UTC).replace(tzinfo=None)

    return Span(moment(first), moment(last + _DAY))
