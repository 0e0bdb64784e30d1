"""Times in every form that SDKs send them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.kit.clock import to_microseconds
from headwater.pipeline.times import EARLIEST, LATEST, microseconds

MOMENT = to_microseconds(datetime(2021, 11, 18, 14, 45, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("2021-11-18T14:45:07Z", 0),
        ("2021-11-18T14:45:07+00:00", 0),
        ("2021-11-18T14:45:07", 0),
        ("2021-11-18 14:45:07", 0),
        ("2021-11-18t14:45:07z", 0),
        (" 2021-11-18T14:45:07Z ", 0),
        ("20211118T144507Z", 0),
        ("2021-11-18T22:45:07+08:00", 0),
        ("2021-11-18T22:45:07+0800", 0),
        ("2021-11-18T09:15:07-05:30", 0),
        ("2021-11-18T14:45:07.1Z", 100_000),
        ("2021-11-18T14:45:07.12Z", 120_000),
        ("2021-11-18T14:45:07.123Z", 123_000),
        ("2021-11-18T14:45:07.1234Z", 123_400),
        ("2021-11-18T14:45:07.123456+00:00", 123_456),
        ("2021-11-18T14:45:07.123456789Z", 123_456),
        ("Nov 18, 2021, 2:45:07 PM", 0),
        ("Nov 18, 2021 2:45:07 PM", 0),
        ("Nov 18, 2021, 2:45:07\u202fPM", 0),
        (1637246707, 0),
        (1637246707.5, 500_000),
        (1637246707123, 123_000),
        (1637246707123456, 123_456),
        (1637246707123456789, 123_457),
        ("1637246707", 0),
        ("1637246707123", 123_000),
        ("1637246707.25", 250_000),
    ],
)
def test_a_time_is_read(text, fraction):
    assert microseconds(text) == MOMENT + fraction


def test_a_date_alone_is_its_midnight():
    assert microseconds("2021-11-18") == to_microseconds(datetime(2021, 11, 18, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "hour"), [("Nov 18, 2021, 12:00:00 AM", 0), ("Nov 18, 2021, 12:00:00 PM", 12)]
)
def test_javas_twelve_oclock_is_midnight_before_noon(text, hour):
    assert microseconds(text) == to_microseconds(datetime(2021, 11, 18, hour, tzinfo=UTC))


@pytest.mark.parametrize(
    "value",
    [
        *("", "now", "2021", "12:00", "2021-02-30", "Foo 18, 2021, 2:45:07 PM", None, True, {}, []),
        *("Nov 18, 2021, 13:45:07 PM", "Nov 31, 2021, 2:45:07 PM", "x" * 10_000, 1e300, -1e20),
        *("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "９９９９-12-31"),
    ],
)
def test_what_is_no_time_is_none(value):
    assert microseconds(value) is None


@given(
    st.datetimes(
        min_value=datetime.fromisoformat("0002-01-01"),
        max_value=datetime.fromisoformat("9998-01-01"),
        timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
    )
)
def test_every_iso_time_is_read_exactly(moment):
    assert microseconds(moment.isoformat()) == to_microseconds(moment)


@given(st.text() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none())
def test_whatever_is_sent_gives_a_time_of_the_calendar_or_none(value):
    moment = microseconds(value)
    assert moment is None or EARLIEST <= moment <= LATEST
