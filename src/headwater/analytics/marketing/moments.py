"""When people act, by weekday and hour of where they are."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from headwater.analytics.lazily import ibis


@cache
def _zoning() -> tuple[Any, Any]:
    """Two functions of both engines: the moment that a clock in a zone shows, and what it shows
    at a moment."""

    @ibis.udf.scalar.builtin(
        name="timezone", signature=(("string", "timestamp(6)"), "timestamp('UTC', 6)")
    )  # type: ignore[untyped-decorator]
    def in_zone(zone: str, at: Any) -> Any: ...

    @ibis.udf.scalar.builtin(
        name="timezone", signature=(("string", "timestamp('UTC', 6)"), "timestamp(6)")
    )  # type: ignore[untyped-decorator]
    def shown_in(zone: str, at: Any) -> Any: ...

    return in_zone, shown_in


def local(at: Any, zone: Any) -> Any:
    """A UTC time without a zone as the clock in a zone shows it. `zone` is one that the engine
    knows, of each row its own."""
    in_zone, shown_in = _zoning()
    return shown_in(zone, in_zone(ibis.literal("UTC"), at))


def zone_of(zone: Any, known: Sequence[str], otherwise: str) -> Any:
    """A row's own zone where it is one of those that are known to be zones."""
    return zone.isin(known).ifelse(zone, otherwise) if known else ibis.literal(otherwise)


def slots(events: Any) -> Any:
    """By `weekday` (Monday is 0) and `hour`: `events`, `people`, and the `share` of people where
    each person counts once in all. `events` has `person` and `local`."""
    told = events.mutate(weekday=events.local.day_of_week.index(), hour=events.local.hour())
    mine = told.group_by(["person", "weekday", "hour"]).agg(times=told.count())
    whole = mine.times.sum().over(ibis.window(group_by="person")).cast("float64")
    mine = mine.mutate(part=mine.times / whole)
    return mine.group_by(["weekday", "hour"]).agg(
        events=mine.times.sum().cast("int64"), people=mine.count(), share=mine.part.sum()
    )
