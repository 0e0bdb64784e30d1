"""Backlog: how many tickets are open, day by day, and how many came, were solved and came back.

A ticket is open from its creation, and from each reopening, to the next solution. What is open at
a day's end counts all tickets ever created, not only those of the period.
"""

from collections import Counter
from datetime import UTC, date, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis, Request
from headwater.analytics.periods import Span, zone_of
from headwater.analytics.support.reading import BEGINNING, Names, log

_ACTS: Final = ("created", "solved", "reopened")
Unit = Literal["day", "week", "month"]


class BacklogRequest(Request, frozen=True, kw_only=True):
    """Open tickets over time."""

    unit: Annotated[Unit, Meta(description="How long a step is.")] = "day"
    names: Names = Names()


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """From `since` on: what came, and what is open at the end."""

    since: date
    created: int
    solved: int
    reopened: int
    open: int


class Backlog(msgspec.Struct, frozen=True, rename="camel"):
    """The moments of the period; `before` were open when it began."""

    before: int
    moments: list[Step]


def turns(told: Any) -> Any:
    """By minute: how many tickets `created`, `solved`, `reopened`, and by how many more are
    `opened`. What changes nothing, as solving what is solved, is counted as an act alone."""
    mine = ibis.window(group_by="ticket", order_by=["at", "turn", "id"])
    state = (told.what == "solved").ifelse(0, 1)
    told = told.mutate(state=state)
    told = told.mutate(change=told.state - told.state.lag(1, default=0).over(mine))
    told = told.mutate(moment=told["at"].truncate("m"))

    def count(what: str) -> Any:
        return (told.what == what).ifelse(1, 0).sum().cast("int64")

    return told.group_by("moment").agg(
        created=count("created"),
        solved=count("solved"),
        reopened=count("reopened"),
        opened=told.change.sum().cast("int64"),
    )


def ask(request: BacklogRequest, data: Events) -> Backlog:
    span, zone = data.span(request.period), zone_of(request.period)
    rows = data.rows(turns(log(data, request.names, Span(BEGINNING, span.until), _ACTS)))
    before = sum(row["opened"] for row in rows if row["moment"] < span.since)
    totals: dict[str, Counter[date]] = {name: Counter() for name in (*_ACTS, "opened")}
    for row in rows:
        if row["moment"] >= span.since:
            day = row["moment"].replace(tzinfo=UTC).astimezone(zone).date()
            for name, counted in totals.items():
                counted[first_of(day, request.unit)] += row[name]
    first, last = data.days(request.period)
    steps, open_ = [], before
    for day in _steps(first, last, request.unit):
        open_ += totals["opened"][day]
        created, solved, reopened = (totals[name][day] for name in _ACTS)
        steps.append(Step(day, created, solved, reopened, open_))
    return Backlog(before, steps)


def first_of(day: date, unit: Unit) -> date:
    """The first day of a day's step; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def _steps(first: date, last: date, unit: Unit) -> list[date]:
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return list(dict.fromkeys(first_of(day, unit) for day in days))


ANALYSIS = Analysis("backlog", "Backlog", __doc__, BacklogRequest, Backlog, ask)
