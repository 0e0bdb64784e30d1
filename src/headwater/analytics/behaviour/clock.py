"""What a clock in a zone shows, by sums alone: the days on which it is set are known before."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from headwater.analytics.lazily import ibis
from headwater.analytics.periods import Span

_STEP: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


def changes(zone: ZoneInfo, span: Span) -> list[tuple[datetime, int]]:
    """The moments (UTC) from which a clock is some seconds ahead of UTC, the first one first."""
    at = span.since
    ahead = _ahead(zone, at)
    found = [(at, ahead)]
    while at < span.until:
        later = at + _STEP
        if _ahead(zone, later) != ahead:
            low, high = at, later
            while high - low > _SECOND:
                middle = low + (high - low) // 2
                low, high = (middle, high) if _ahead(zone, middle) == ahead else (low, middle)
            moment = high.replace(microsecond=0)
            ahead = _ahead(zone, later)
            found.append((moment, ahead))
        at = later
    return found


def _ahead(zone: ZoneInfo, at: datetime) -> int:
    shift = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return 0 if shift is None else round(shift.total_seconds())


def local(at: Any, zone: ZoneInfo, span: Span) -> Any:
    """A UTC time without a zone, which lies in the span, as the zone's clock shows it."""
    known = changes(zone, span)
    *before, (_, last) = known
    shown = _later(at, last)
    if not before:
        return shown
    branches = [
        (at < ibis.literal(following, "timestamp(6)"), _later(at, ahead))
        for (_, ahead), (following, _) in zip(before, known[1:], strict=True)
    ]
    return ibis.cases(*branches, else_=shown)


def _later(at: Any, seconds: int) -> Any:
    return at + ibis.interval(seconds=seconds) if seconds else at


def unit(local_at: Any, each: str) -> Any:
    """The number of a local time's day, week (from Mondays) or month; they follow each other."""
    if each == "month":
        return (local_at.year() * 12 + local_at.month() - 1).cast("int64")
    if each == "week":
        # 1970-01-05 was a Monday.
        return (_day(local_at.truncate("W")) - 4).cast("int64") // 7
    return _day(local_at.truncate("D"))


def _day(midnight: Any) -> Any:
    return (midnight.epoch_seconds() // 86_400).cast("int64")


def unit_of(day: datetime, each: str) -> int:
    """The same of a time in Python."""
    if each == "month":
        return day.year * 12 + day.month - 1
    days = (day.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    return (days - 4) // 7 if each == "week" else days


def first_of(number: int, each: str) -> datetime:
    """When a unit of such a number begins, in local time."""
    if each == "month":
        return datetime(number // 12, number % 12 + 1, 1)  # noqa: DTZ001
    days = number * 7 + 4 if each == "week" else number
    return datetime(1970, 1, 1) + timedelta(days=days)  # noqa: DTZ001
