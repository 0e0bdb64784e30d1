"""The spans of time that pages show, and their figures put together for a chart."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from headwater.kit.clock import MICROSECONDS_PER_HOUR, to_datetime
from headwater.web.navigation import N_


class Period(msgspec.Struct, frozen=True):
    """A span that ends now: its name in the query, its hours, and the hours of one bar.

    A bar of a day or a part of it begins where the visitor's clock says.
    """

    name: str
    label: str
    hours: int
    bar_hours: int


PERIODS: Final = (
    Period("24h", N_("24 hours"), 24, 1),
    Period("7d", N_("7 days"), 168, 6),
    Period("30d", N_("30 days"), 720, 24),
)


class Bar(msgspec.Struct):
    """What came in the time from `at` on (microseconds); `is_whole` once that time has passed."""

    at: int
    count: int
    is_whole: bool = True


def period_named(name: str) -> Period:
    """The period of this name; the first where there is none."""
    return next((each for each in PERIODS if each.name == name), PERIODS[0])


def bars(counts: Sequence[int], period: Period, now: int, zone: ZoneInfo) -> list[Bar]:
    """The counts of the last hours, oldest first, as bars in a zone's days and parts of days."""
    this_hour = now - now % MICROSECONDS_PER_HOUR
    found: list[Bar] = []
    key: object = None
    for number, count in enumerate(counts):
        at = this_hour - (len(counts) - 1 - number) * MICROSECONDS_PER_HOUR
        local = to_datetime(at).astimezone(zone)
        repeated = local.fold if period.bar_hours == 1 else 0
        group = (local.date(), local.hour // period.bar_hours, repeated)
        if group == key:
            found[-1].count += count
        else:
            found.append(Bar(at, count))
            key = group
    if found:
        found[-1].is_whole = False
    return found
