"""A source's rhythm, by how many events it has had in each hour, and whether it fell silent. Pure.

A source is called silent when its quiet cannot be explained by how it used to be: either so many
hours have gone by without an event in which it nearly always had one, or so many events are
missing that even its quietest days would have had by now.
"""

from collections.abc import Mapping
from typing import Final

from headwater.kit.clock import MICROSECONDS_PER_HOUR, hour_of

DAYS: Final = 14
_HOURS_A_DAY: Final = 24
_FEWEST_DAYS: Final = 2
_UNLIKELY: Final = 0.01
_MISSED_EVENTS: Final = 20.0
_SHORTEST_QUIET: Final = 600_000_000  # ten minutes
_FEWEST_EVENTS: Final = 10

Hours = Mapping[int, int]
"""Events by the hour (since the epoch) that they were received in."""


def usual_gap_seconds(hours: Hours, now: int) -> float | None:
    """The mean time between events in the hours that have some; None for too few events."""
    recent = [n for hour, n in hours.items() if _is_recent(hour, now) and n]
    events = sum(recent)
    if events < _FEWEST_EVENTS:
        return None
    return round(3600 * len(recent) / events, 3)


def is_silent(hours: Hours, last_event_at: int, now: int) -> bool:
    """Whether the time since the last event is longer than the rhythm explains."""
    if now - last_event_at < _SHORTEST_QUIET:
        return False
    first = min((hour for hour, n in hours.items() if n), default=hour_of(now))
    days = min((hour_of(last_event_at) - first) // _HOURS_A_DAY, DAYS)
    if days < _FEWEST_DAYS:
        return False
    return _missed_hours(hours, last_event_at, now, days) or _missed_events(
        hours, last_event_at, now, days
    )


def _missed_hours(hours: Hours, last: int, now: int, days: int) -> bool:
    """Whether so quiet a stretch of whole hours is unlikely, by the days before it."""
    likelihood = 1.0
    for hour in range(hour_of(last) + 1, hour_of(now)):
        active = sum(1 for n in _before(hours, hour, last, days) if n)
        likelihood *= 1 - (active + 0.5) / (days + 1)
        if likelihood < _UNLIKELY:
            return True
    return False


def _missed_events(hours: Hours, last: int, now: int, days: int) -> bool:
    """Whether even quiet days would have had many events since the last one.

    Counted only in hours of a steady flow: with the hour before them it never runs dry.
    """
    missed = 0.0
    for hour in range(hour_of(last), hour_of(now) + 1):
        least = min(_before(hours, hour, last, days))
        before = min(_before(hours, hour - 1, last, days))
        if min(least, before) < _MISSED_EVENTS:
            continue
        start = max(last, hour * MICROSECONDS_PER_HOUR)
        end = min(now, (hour + 1) * MICROSECONDS_PER_HOUR)
        missed += least * (end - start) / MICROSECONDS_PER_HOUR
    return missed >= _MISSED_EVENTS


def _before(hours: Hours, hour: int, last: int, days: int) -> list[int]:
    """The counts at the same time of day, on the days before the last event."""
    back = (hour - hour_of(last)) // _HOURS_A_DAY + 1 if hour >= hour_of(last) else 1
    first = hour - back * _HOURS_A_DAY
    return [hours.get(first - day * _HOURS_A_DAY, 0) for day in range(days)]


def _is_recent(hour: int, now: int) -> bool:
    return hour > hour_of(now) - DAYS * _HOURS_A_DAY
