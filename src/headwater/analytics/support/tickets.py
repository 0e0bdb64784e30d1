"""Tickets, each with its life in one row; and how long it took."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from headwater.analytics.periods import Span
from headwater.analytics.support.hours import Calendar, seconds
from headwater.analytics.support.reading import NONE, Data, Names, attributes, log, ordered
from headwater.statistics.model import LEVEL, Interval
from headwater.statistics.quantiles import quantile


class Ticket(msgspec.Struct, frozen=True):
    """A ticket: when it was created, first answered and last solved, and how often it reopened."""

    ticket: str
    created: datetime
    answered: datetime | None
    solved: datetime | None
    reopened: datetime | None
    was_solved: bool
    reopenings: int
    complaints: int
    agent: str | None = None
    channel: str | None = None
    topic: str | None = None
    priority: str | None = None
    plan: str | None = None
    group: str | None = None

    @property
    def resolved(self) -> datetime | None:
        """When it was solved for good; None while it is open."""
        if self.solved is None or (self.reopened is not None and self.reopened > self.solved):
            return None
        return self.solved


def lives(told: Any, span: Span) -> Any:
    """An expression with a row for each ticket of a log that was created in the span."""
    told = ordered(told)

    def at(what: str) -> Any:
        return (told.what == what).ifelse(told["at"], None)

    def times(what: str) -> Any:
        return (told.what == what).ifelse(1, 0).sum().cast("int64")

    found = told.group_by("ticket").agg(
        created=at("created").min(),
        answered=(told.is_answer == 1).ifelse(told["at"], None).min(),
        solved=at("solved").max(),
        reopened=at("reopened").max(),
        reopenings=times("reopened"),
        solutions=times("solved"),
        complaints=times("complaint"),
        **attributes(told),
    )
    return found.filter(found.created >= span.since, found.created < span.until)


def tickets(data: Data, names: Names, span: Span) -> list[Ticket]:
    """The tickets created in a span, as they are now."""
    until = max(span.until, data.now.replace(tzinfo=None))
    rows = data.rows(lives(log(data, names, Span(span.since, until)), span))
    found = []
    for row in rows:
        solutions = row.pop("solutions")
        was_solved = bool(solutions or row["reopenings"])
        found.append(Ticket(was_solved=was_solved, **row))
    return sorted(found, key=lambda each: (each.created, each.ticket))


class Times(msgspec.Struct, frozen=True, rename="camel"):
    """How long something took, in seconds: of n. None of none."""

    n: int
    median: float | None
    median_interval: Interval | None
    p90: float | None
    p90_interval: Interval | None
    mean: float | None


def times(values: Iterable[float | None], level: float = LEVEL) -> Times:
    """What is said of durations; those that have not ended are not among them."""
    known = [each for each in values if each is not None]
    mean = sum(known) / len(known) if known else None
    half, most = quantile(known, 0.5, level), quantile(known, 0.9, level)
    return Times(len(known), half.value, half.interval, most.value, most.interval, mean)


def answer_times(of: Sequence[Ticket], hours: Calendar | None) -> list[float | None]:
    """From creation to the first answer, in seconds."""
    return seconds(hours, [each.created for each in of], [each.answered for each in of])


def resolution_times(of: Sequence[Ticket], hours: Calendar | None) -> list[float | None]:
    """From creation to the solution that held, in seconds."""
    return seconds(hours, [each.created for each in of], [each.resolved for each in of])


def grouped(of: Sequence[Ticket], by: str) -> Mapping[str, list[int]]:
    """The places of tickets by what an attribute says, the most frequent first."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, ticket in enumerate(of):
        found[(getattr(ticket, by) or NONE) if by else ""].append(place)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))
