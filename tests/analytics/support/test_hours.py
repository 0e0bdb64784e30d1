from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.analytics.support.hours import Calendar, Shift, check, seconds
from headwater.errors import InvalidError

_START = datetime(2026, 3, 1)  # noqa: DTZ001


def _utc(day: int, clock: str, zone: str = "UTC") -> datetime:
    hour, minute = map(int, clock.split(":"))
    at = datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(zone))
    return at.astimezone(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "hours"),
    [
        # 2026-03-06 is a Friday.
        (Calendar(), _utc(6, "16:00"), _utc(9, "10:00"), 2),
        (Calendar(), _utc(7, "10:00"), _utc(8, "10:00"), 0),
        (Calendar(holidays=[date(2026, 3, 9)]), _utc(6, "16:00"), _utc(10, "10:00"), 2),
        (
            Calendar("Asia/Shanghai"),
            _utc(6, "16:00", "Asia/Shanghai"),
            _utc(9, "10:00", "Asia/Shanghai"),
            2,
        ),
        # The clocks go forward on the night to the 29th: it has 23 hours.
        (
            Calendar("Europe/Berlin", [Shift([7], "00:00", "24:00")]),
            _utc(28, "00:00"),
            _utc(31, "00:00"),
            23,
        ),
        # Shifts that touch or overlap are one.
        (
            Calendar(shifts=[Shift([1], "08:00", "12:00"), Shift([1], "11:00", "13:00")]),
            _utc(9, "00:00"),
            _utc(10, "00:00"),
            5,
        ),
        (None, _utc(7, "10:00"), _utc(8, "10:00"), 24),
    ],
)
def test_business_hours_are_those_of_the_calendar(
    calendar: Calendar | None, start: datetime, end: datetime, hours: float
) -> None:
    assert seconds(calendar, [start], [end]) == [hours * 3600]


def test_what_has_not_ended_has_no_length_and_what_ends_early_has_none() -> None:
    assert seconds(Calendar(), [_START, _START], [None, _START - timedelta(1)]) == [None, 0]


def test_a_shift_without_length_and_an_unknown_zone_are_refused() -> None:
    with pytest.raises(InvalidError, match="has no length") as refused:
        check(Calendar(shifts=[Shift(opens="22:00", closes="06:00")]))
    assert "two shifts" in str(refused.value.hint)
    with pytest.raises(InvalidError, match="no time zone"):
        check(Calendar("Mars/Olympus"))


_minutes = st.integers(0, 60 * 24 * 40)
_clocks = st.sampled_from(["00:00", "06:30", "09:00", "12:00", "17:15", "24:00"])
_shifts = st.builds(
    lambda days, ends: Shift(sorted(days), min(ends), max(ends)),
    st.sets(st.integers(1, 7), min_size=1),
    st.lists(_clocks, min_size=2, max_size=2, unique=True),
)
_calendars = st.builds(
    Calendar,
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]),
    st.lists(_shifts, min_size=1, max_size=3),
    st.lists(st.integers(0, 40).map(lambda d: date(2026, 3, 1) + timedelta(d)), max_size=3),
)


@settings(max_examples=25, deadline=None)
@given(_calendars, st.lists(_minutes, min_size=3, max_size=3))
def test_spans_add_up_and_are_what_counting_minutes_gives(
    calendar: Calendar, minutes: list[int]
) -> None:
    a, b, c = (_START + timedelta(minutes=each) for each in sorted(minutes))
    first, second, whole = seconds(calendar, [a, b, a], [b, c, c])
    assert first is not None
    assert second is not None
    assert whole == first + second
    assert whole is not None
    assert 0 <= whole <= (c - a).total_seconds()
    zone = ZoneInfo(calendar.zone)
    b = min(b, a + timedelta(days=4))
    counted = 0
    for number in range(int((b - a).total_seconds() // 60)):
        at = (a + timedelta(minutes=number)).replace(tzinfo=UTC).astimezone(zone)
        clock = f"{at:%H:%M}"
        counted += at.date() not in calendar.holidays and any(
            at.isoweekday() in shift.days and shift.opens <= clock < shift.closes
            for shift in calendar.shifts
        )
    assert seconds(calendar, [a], [b]) == [counted * 60]
