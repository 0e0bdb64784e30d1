"""Business hours: how much of a span somebody was at work. Pure.

Days are those of a zone, so an hour that a clock change takes away or repeats is counted as it was.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from headwater.errors import InvalidError

_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001
_SECOND: Final = 1_000_000
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Weekday = Annotated[int, Meta(ge=1, le=7)]


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of some weekdays: 1 is Monday, 7 Sunday. `24:00` is the end of the day."""

    days: Annotated[list[Weekday], Meta(min_length=1, max_length=7)] = msgspec.field(
        default_factory=lambda: [1, 2, 3, 4, 5]
    )
    opens: Clock = "09:00"
    closes: Clock = "17:00"


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When there is somebody: shifts in a zone, and the days on which there is nobody."""

    zone: Annotated[str, Meta(max_length=64)] = "UTC"
    shifts: Annotated[list[Shift], Meta(min_length=1, max_length=50)] = msgspec.field(
        default_factory=lambda: [Shift()]
    )
    holidays: Annotated[list[date], Meta(max_length=1_000)] = msgspec.field(default_factory=list)


def check(calendar: Calendar) -> None:
    """Raises InvalidError for a zone that there is none of, and a shift that ends before it
    begins."""
    if calendar.zone not in available_timezones():
        raise InvalidError(
            f"hours.zone: there is no time zone {calendar.zone!r}.",
            field="hours.zone",
            hint="Write it as Europe/Berlin or Asia/Shanghai.",
        )
    for shift in calendar.shifts:
        if shift.opens >= shift.closes:
            raise InvalidError(
                f"hours.shifts: {shift.opens} to {shift.closes} has no length.",
                field="hours.shifts",
                hint="Write what goes past midnight as two shifts: 22:00 to 24:00, 00:00 to 06:00.",
            )


def open_spans(calendar: Calendar, first: date, last: date) -> list[tuple[int, int]]:
    """When it is open from the first day to the last: microseconds (UTC), in order, apart."""
    found: list[tuple[int, int]] = []
    for begins, ends in sorted(_shifts(calendar, first, last)):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        elif begins < ends:
            found.append((begins, ends))
    return found


def _shifts(calendar: Calendar, first: date, last: date) -> Iterator[tuple[int, int]]:
    zone, holidays = ZoneInfo(calendar.zone), set(calendar.holidays)
    for number in range((last - first).days + 1):
        day = first + number * _DAY
        if day in holidays:
            continue
        for shift in calendar.shifts:
            if day.isoweekday() in shift.days:
                yield _moment(day, shift.opens, zone), _moment(day, shift.closes, zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> int:
    at = (
        datetime.combine(day + _DAY, time(), zone)
        if clock == "24:00"
        else datetime.combine(day, time.fromisoformat(clock), zone)
    )
    return micros(at.astimezone(UTC).replace(tzinfo=None))


def micros(at: datetime) -> int:
    """Microseconds since the epoch, of a moment in UTC without a zone."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def seconds(
    calendar: Calendar | None,
    starts: Sequence[datetime | None],
    ends: Sequence[datetime | None],
) -> list[float | None]:
    """How long each span is, in seconds: of open hours, or of all where there is no calendar.

    None where either end is missing; 0 where the end comes first. The open time before each moment
    is looked up in a running total, so a span costs no more when it is longer.
    """
    import numpy as np

    known = [at for at, pair in enumerate(zip(starts, ends, strict=True)) if None not in pair]
    found: list[float | None] = [None] * len(starts)
    if not known:
        return found
    begins = np.array([micros(_there(starts[at])) for at in known], dtype=np.int64)
    stops = np.maximum(np.array([micros(_there(ends[at])) for at in known], dtype=np.int64), begins)
    if calendar is None:
        spans = stops - begins
    else:
        first = (_EPOCH + timedelta(microseconds=int(begins.min()))).date() - _DAY
        last = (_EPOCH + timedelta(microseconds=int(stops.max()))).date() + _DAY
        open_ = open_spans(calendar, first, last)
        spans = _open_before(open_, stops) - _open_before(open_, begins)
    for at, span in zip(known, spans.tolist(), strict=True):
        found[at] = span / _SECOND
    return found


def _there(at: datetime | None) -> datetime:
    assert at is not None
    return at


def _open_before(open_: Sequence[tuple[int, int]], moments: Any) -> Any:
    """How much was open before each moment, in microseconds."""
    import numpy as np

    if not open_:
        return np.zeros(len(moments), dtype=np.int64)
    begins = np.array([each[0] for each in open_], dtype=np.int64)
    lengths = np.array([each[1] - each[0] for each in open_], dtype=np.int64)
    total = np.concatenate([[0], np.cumsum(lengths)])
    place = np.searchsorted(begins, moments, side="right") - 1
    inside = np.minimum(moments - begins[place], lengths[place])
    return np.where(place < 0, 0, total[place] + inside)
