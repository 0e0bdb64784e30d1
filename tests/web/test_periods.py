"""Figures of hours as bars of a visitor's days."""

from zoneinfo import ZoneInfo

import pytest

from headwater.kit.clock import to_datetime, to_microseconds
from headwater.web.periods import PERIODS, Period, bars, period_named

NOON = 1_700_049_600_000_000  # 2023-11-15T12:00:00Z
NOW = NOON + 900_000_000
HOUR = 3_600_000_000


def test_a_day_has_a_bar_for_each_hour_the_last_one_not_whole() -> None:
    found = bars(list(range(24)), PERIODS[0], NOW, ZoneInfo("UTC"))
    assert [bar.count for bar in found] == list(range(24))
    assert found[-1].at == NOON
    assert [bar.is_whole for bar in found] == [True] * 23 + [False]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/St_Johns", "Asia/Kolkata"])
@pytest.mark.parametrize("period", PERIODS, ids=lambda each: each.name)
def test_bars_keep_every_event_and_begin_with_the_visitors_days(zone: str, period: Period) -> None:
    counts = list(range(period.hours))
    found = bars(counts, period, NOW, ZoneInfo(zone))
    assert sum(bar.count for bar in found) == sum(counts)
    for bar in found[1:]:
        local = to_datetime(bar.at).astimezone(ZoneInfo(zone))
        assert local.hour % period.bar_hours == 0


def test_an_hour_that_the_clock_repeats_is_a_bar_of_its_own() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = to_microseconds(to_datetime(1_698_541_200_000_000)) + 6 * HOUR  # around 2023-10-29
    assert len(bars([1] * 24, PERIODS[0], now, zone)) == 24


def test_an_unknown_period_is_the_first() -> None:
    assert period_named("nonsense") is PERIODS[0]
    assert bars([], PERIODS[0], NOW, ZoneInfo("UTC")) == []
