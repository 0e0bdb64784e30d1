"""When a source's quiet is called silence."""

import pytest

from headwater.kit.clock import MICROSECONDS_PER_HOUR as HOUR
from headwater.volumes.rhythm import is_silent, usual_gap_seconds

START = 472_000
MINUTE = HOUR // 60


def hours(per_hour: int, days: int, active: range = range(24)) -> dict[int, int]:
    """The same number of events in each active hour of some days."""
    return {START + 24 * day + hour: per_hour for day in range(days) for hour in active if per_hour}


def test_a_busy_source_is_silent_after_some_minutes() -> None:
    end = (START + 24 * 7) * HOUR
    flow = hours(600, 7)
    assert not is_silent(flow, end, end + 9 * MINUTE)
    assert is_silent({**flow, START + 24 * 7: 1}, end, end + 12 * MINUTE)


def test_a_slow_steady_source_is_silent_after_some_hours() -> None:
    flow = hours(3, 10)
    last = (START + 24 * 10) * HOUR - 1
    assert not is_silent(flow, last, last + HOUR)
    assert is_silent(flow, last, last + 4 * HOUR)


def test_a_nightly_import_is_not_silent_by_day_and_is_when_it_stays_away() -> None:
    flow = hours(50_000, 10, range(3, 4))
    last = (START + 24 * 9 + 3) * HOUR + 20 * MINUTE
    assert not is_silent(flow, last, last + 22 * HOUR)
    assert is_silent(flow, last, last + 50 * HOUR)


def test_a_shop_that_sleeps_at_night_is_not_silent_then() -> None:
    flow = hours(40, 10, range(8, 20))
    last = (START + 24 * 9 + 19) * HOUR + 59 * MINUTE
    assert not is_silent(flow, last, last + 11 * HOUR)
    assert is_silent(flow, last, last + 15 * HOUR)


@pytest.mark.parametrize("days", [0, 1])
def test_a_new_source_is_never_silent(days: int) -> None:
    flow = hours(100, days) or {START: 5}
    last = (max(flow) + 1) * HOUR - 1
    assert not is_silent(flow, last, last + 100 * HOUR)


def test_the_usual_gap_is_of_the_active_hours() -> None:
    now = (START + 48) * HOUR
    assert usual_gap_seconds(hours(60, 2, range(8, 10)), now) == 60.0
    assert usual_gap_seconds({START: 3}, now) is None
