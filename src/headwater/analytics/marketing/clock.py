"""From counts by weekday and hour to when people act. Pure."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final

import msgspec

from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Rate, Share, rate, share

DAYS: Final = 7
HOURS: Final = 24
_BEST: Final = 5


class Slot(msgspec.Struct, frozen=True, rename="camel"):
    """An hour of a weekday, an hour of any day, or a weekday; Monday is 0."""

    weekday: int | None
    hour: int | None
    events: int
    people: int | None
    """Of an hour of a weekday alone: people cannot be added up."""
    weight: float
    """The share of all acts, where everybody counts once in all."""
    of_events: Share
    per_day: Rate
    """Events on each such day of the period."""
    index: float | None
    """How often as usual: 1 is the mean of all slots."""


class Clock(msgspec.Struct, frozen=True, rename="camel"):
    """When people act, and the best moments by what was asked for."""

    n: int
    people: int
    slots: list[Slot]
    hours: list[Slot]
    weekdays: list[Slot]
    best: list[Slot]


class Counted(msgspec.Struct, frozen=True):
    """What the engine counted of an hour of a weekday: `part` is a sum over people, in which each
    counts once in all."""

    weekday: int
    hour: int
    events: int
    people: int
    part: float


def clock_of(
    counted: Iterable[Counted], first: date, last: date, *, by_person: bool, level: float = LEVEL
) -> Clock:
    """All 168 hours of a week. `by_person` ranks by the people's shares instead of by events per
    day, so that few who act much do not decide."""
    found = {(each.weekday, each.hour): each for each in counted}
    days = days_of(first, last)
    events = sum(each.events for each in found.values())
    parts = sum(each.part for each in found.values())

    def slot(weekday: int | None, hour: int | None) -> Slot:
        those = [
            each
            for (day, at), each in found.items()
            if weekday in {None, day} and hour in {None, at}
        ]
        count = sum(each.events for each in those)
        units = sum(days) if weekday is None else days[weekday]
        weight = sum(each.part for each in those) / parts if parts else 0.0
        told = rate(count, units, level)
        return Slot(
            weekday,
            hour,
            count,
            sum(each.people for each in those) if None not in {weekday, hour} else None,
            weight,
            share(count, events, level),
            told,
            _index(weight, weekday, hour) if by_person else _over(told.rate, usual(hour)),
        )

    def usual(hour: int | None) -> float:
        whole = events / sum(days) if sum(days) else 0.0
        return whole if hour is None else whole / HOURS

    slots = [slot(day, hour) for day in range(DAYS) for hour in range(HOURS)]
    ranked = sorted(slots, key=_rank(by_person), reverse=True)
    return Clock(
        events,
        round(parts),
        slots,
        [slot(None, hour) for hour in range(HOURS)],
        [slot(day, None) for day in range(DAYS)],
        [each for each in ranked[:_BEST] if each.events],
    )


def _index(weight: float, weekday: int | None, hour: int | None) -> float:
    return weight * (1 if weekday is None else DAYS) * (1 if hour is None else HOURS)


def _over(one: float | None, other: float) -> float | None:
    return one / other if one is not None and other else None


def _rank(by_person: bool) -> Callable[[Slot], float]:
    return lambda each: each.weight if by_person else (each.per_day.rate or 0.0)


def days_of(first: date, last: date) -> list[int]:
    """How many Mondays, Tuesdays, … there are from the first to the last day."""
    days = (last - first).days + 1
    whole, rest = divmod(max(days, 0), DAYS)
    more = {(first + timedelta(days=step)).weekday() for step in range(rest)}
    return [whole + (day in more) for day in range(DAYS)]
