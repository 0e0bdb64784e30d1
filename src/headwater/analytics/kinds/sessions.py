"""Sessions: how often people come, how long they stay, and how much they do.

A session ends where a person does nothing for some minutes; all that they do counts, or one event.
It belongs to the day, week or month in which it begins. Of a single event the length is 0.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.analytics.behaviour.activity import Unit, moment
from headwater.analytics.behaviour.everything import everything, sittings
from headwater.analytics.events import Events
from headwater.analytics.kinds.time_series import moments_of
from headwater.analytics.model import Analysis, EventName, Level, Request
from headwater.statistics.model import LEVEL
from headwater.statistics.proportions import Share, share

_EDGES: Final = (0, 10, 30, 60, 180, 600, 1_800, 3_600, 7_200)


class SessionsRequest(Request, frozen=True, kw_only=True):
    """The sessions of the period's events."""

    event: EventName = ""
    gap_minutes: Annotated[
        int, Meta(ge=1, le=1440, description="Minutes without an event that end a session.")
    ] = 30
    each: Unit = "day"
    level: Level = LEVEL


class Moment(msgspec.Struct, frozen=True, rename="camel"):
    """The sessions that began in one day, week or month."""

    at: datetime
    sessions: int
    people: int
    seconds_median: float | None


class Bar(msgspec.Struct, frozen=True, rename="camel"):
    """Sessions at most so many seconds long, and longer than those of the bar before; None holds
    all the longer ones."""

    seconds: int | None
    sessions: int


class Sessions(msgspec.Struct, frozen=True, rename="camel"):
    """`n` sessions of how many people; `single` are those of one event."""

    n: int
    people: int
    per_person: float | None
    events_mean: float | None
    seconds_mean: float | None
    seconds_median: float | None
    seconds_p90: float | None
    single: Share
    lengths: list[Bar]
    moments: list[Moment]


def ask(request: SessionsRequest, data: Events) -> Sessions:
    """Part the events of each person in the engine, and measure the parts."""
    span = data.span(request.period)
    if request.event:
        data.require(request.event, "event")
        told = data.among(data.events(request.event, {}, {}, span)).select("person", "at", "id")
    else:
        told = everything(data, span)
    found = sittings(told, request.gap_minutes)
    (whole,) = data.rows(found.agg(**_figures(found)))
    begun = found.mutate(moment=moment(found.began, request.period.zone, request.each))
    by_moment = begun.group_by("moment").agg(
        sessions=begun.count(),
        people=begun.person.nunique(),
        median=begun.seconds.quantile(0.5),
    )
    known = {each["moment"]: each for each in data.rows(by_moment)}
    first, last = data.days(request.period)
    midnight = datetime.min.time()
    ends = datetime.combine(last + timedelta(days=1), midnight)
    moments = []
    for at in moments_of(datetime.combine(first, midnight), ends, request.each):
        one = known.get(at)
        moments.append(
            Moment(at, int(one["sessions"]), int(one["people"]), float(one["median"]))
            if one
            else Moment(at, 0, 0, None)
        )
    n, people = int(whole["n"]), int(whole["people"])
    lengths = [Bar(edge, int(whole[f"b{at}"] or 0)) for at, edge in enumerate((*_EDGES, None))]
    return Sessions(
        n,
        people,
        n / people if people else None,
        _number(whole["events"]),
        _number(whole["mean"]),
        _number(whole["median"]),
        _number(whole["p90"]),
        share(int(whole["single"] or 0), n, request.level),
        lengths,
        moments,
    )


def _figures(found: Any) -> dict[str, Any]:
    seconds = found.seconds
    figures = {
        "n": found.count(),
        "people": found.person.nunique(),
        "events": found.events.mean(),
        "mean": seconds.mean(),
        "median": seconds.quantile(0.5),
        "p90": seconds.quantile(0.9),
        "single": (found.events == 1).ifelse(1, 0).sum(),
    }
    before = -1
    for at, edge in enumerate(_EDGES):
        inside = (seconds > before) & (seconds <= edge)
        figures[f"b{at}"] = inside.ifelse(1, 0).sum()
        before = edge
    figures[f"b{len(_EDGES)}"] = (seconds > before).ifelse(1, 0).sum()
    return figures


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


ANALYSIS = Analysis("sessions", "Sessions", __doc__, SessionsRequest, Sessions, ask)
