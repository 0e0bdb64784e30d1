"""When people act: by weekday and hour, on each one's own clock where it is known."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from headwater.analytics.marketing import moments
from headwater.analytics.marketing.clock import Clock, Counted, clock_of
from headwater.analytics.marketing.data import Data
from headwater.analytics.periods import Span
from headwater.statistics.model import LEVEL

ZONE: Final = "context_timezone"


class Wanted(msgspec.Struct, frozen=True):
    """What is asked: `own` takes the zone that an event says its sender is in, and `zone` where it
    says none."""

    event: str
    span: Span
    zone: str = "UTC"
    own: bool = True
    by_person: bool = True
    level: float = LEVEL


def report(data: Data, wanted: Wanted) -> Clock:
    """Ask the engine, and put together."""
    told = data.among(data.events(wanted.event, {"zone": ZONE}, {}, wanted.span))
    known: list[str] = []
    if wanted.own:
        those = told.filter(told.zone.notnull()).select("zone").distinct().limit(1_000)
        known = sorted({each["zone"] for each in data.rows(those)} & available_timezones())
    zone = moments.zone_of(told.zone, known, wanted.zone)
    shown = told.mutate(local=moments.local(told.at, zone))
    counted = [
        Counted(
            int(each["weekday"]),
            int(each["hour"]),
            int(each["events"]),
            int(each["people"]),
            float(each["share"]),
        )
        for each in data.rows(moments.slots(shown))
    ]
    at = ZoneInfo(wanted.zone)
    utc = ZoneInfo("UTC")
    first = wanted.span.since.replace(tzinfo=utc).astimezone(at).date()
    last = (wanted.span.until.replace(tzinfo=utc) - timedelta(microseconds=1)).astimezone(at).date()
    return clock_of(counted, first, last, by_person=wanted.by_person, level=wanted.level)
