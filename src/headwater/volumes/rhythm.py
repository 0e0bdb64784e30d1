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
_LONGEST_LOOKED: Final = 7 * _HOURS_A_DAY * MICROSECONDS_PER_HOUR

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
    rhythm = _Rhythm(hours, last_event_at)
    if rhythm.days < _FEWEST_DAYS:
        return False
    # After a week of quiet nothing new is learned.
    now = min(now, last_event_at + _LONGEST_LOOKED)
    return rhythm.has_missed_hours(now) or rhythm.has_missed_events(now)


class _Rhythm:
    """The hours before a last event, as far as they count."""

    def __init__(self, hours: Hours, last: int) -> None:
        self._last = last
        at = hour_of(last)
        oldest = at - (DAYS + 1) * _HOURS_A_DAY
        self._hours = {hour: n for hour, n in hours.items() if n and oldest <= hour <= at}
        self._first = min(self._hours, default=at)
        self.days = min((at - self._first) // _HOURS_A_DAY, DAYS)

    def has_missed_hours(self, now: int) -> bool:
        """Whether so quiet a stretch of whole hours is unlikely, by the days before it."""
        likelihood = 1.0
        for hour in range(hour_of(self._last) + 1, hour_of(now)):
            active = sum(1 for n in self._before(hour) if n)
            likelihood *= 1 - (active + 0.5) / (self.days + 1)
            if likelihood < _UNLIKELY:
                return True
        return False

    def has_missed_events(self, now: int) -> bool:
        """Whether even quiet days would have had many events since the last one.

        Counted only in hours of a steady flow: with the hour before them it never runs dry.
        """
        missed = 0.0
        for hour in range(hour_of(self._last), hour_of(now) + 1):
            least, before = min(self._before(hour)), min(self._before(hour - 1))
            if min(least, before) < _MISSED_EVENTS:
                continue
            start = max(self._last, hour * MICROSECONDS_PER_HOUR)
            end = min(now, (hour + 1) * MICROSECONDS_PER_HOUR)
            missed += least * (end - start) / MICROSECONDS_PER_HOUR
        return missed >= _MISSED_EVENTS

    def _before(self, hour: int) -> list[int]:
        """The counts at the same time of day, on the days before the last event."""
        ahead = max(hour - hour_of(self._last), 0)
        latest = hour - (ahead // _HOURS_A_DAY + 1) * _HOURS_A_DAY
        asked = (latest - day * _HOURS_A_DAY for day in range(self.days))
        return [self._hours.get(each, 0) for each in asked if each >= self._first] or [0]


def _is_recent(hour: int, now: int) -> bool:
    return hour > hour_of(now) - DAYS * _HOURS_A_DAY
