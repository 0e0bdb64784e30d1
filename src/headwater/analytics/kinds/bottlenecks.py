"""Bottlenecks: where tickets wait, between which steps, and with which group.

A step is what happens to a ticket: it is created, answered, written to by the customer, solved,
reopened, or gets a status. A stay lasts from a step until the next one, or another group; the last
stay of a ticket lasts until now, unless its step is final. Stays that begin in the period. Seconds,
of business hours where those are given.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis, Level, Request
from headwater.analytics.periods import Span
from headwater.analytics.support.hours import Calendar, check, seconds
from headwater.analytics.support.reading import BEGINNING, NONE, Names, log, ordered
from headwater.analytics.support.tickets import Times, times
from headwater.statistics.model import LEVEL

Name = Annotated[str, Meta(max_length=200)]


class BottlenecksRequest(Request, frozen=True, kw_only=True):
    """Stays and transitions of tickets."""

    final: Annotated[
        list[Name], Meta(max_length=20, description="Steps in which nothing is waited for.")
    ] = msgspec.field(default_factory=lambda: ["solved", "resolved", "closed", "canceled"])
    hours: Annotated[Calendar | None, Meta(description="Business hours; else all hours.")] = None
    names: Names = Names()
    level: Level = LEVEL


class Stay(msgspec.Struct, frozen=True, rename="camel"):
    """Stays in a step, or with a group: how many, of how many tickets, how long; `total` is their
    sum, `share` its part of all waiting, `waiting` how many go on."""

    key: str
    stays: int
    tickets: int
    times: Times
    total: float
    share: float | None
    waiting: int


class Transition(msgspec.Struct, frozen=True, rename="camel"):
    """From a step to the next: how often, and how long it took."""

    before: str
    after: str
    count: int
    times: Times


class Bottlenecks(msgspec.Struct, frozen=True, rename="camel"):
    """Where tickets wait, the longest first; `handovers` are changes of the group."""

    n: int
    handovers: int
    waits: list[Stay]
    groups: list[Stay]
    transitions: list[Transition]


def stays(told: Any, span: Span) -> Any:
    """A row for each stay: `ticket`, `step`, `holder` (a group), `at`; and `next_step`,
    `next_group`, `next_at` of the stay that follows. A group not said is the one before."""
    told = ordered(told)
    known = told.group.notnull().ifelse(told.place, None)
    so_far = ibis.cumulative_window(group_by="ticket", order_by="place")
    told = told.mutate(said=known.max().over(so_far))
    same = ibis.window(group_by=["ticket", "said"])
    step = ibis.cases(
        ((told.what == "changed") & told.status.notnull(), told.status.lower()),
        ((told.what == "replied") & (told.is_answer == 1), "answered"),
        (told.what == "replied", "customer wrote"),
        else_=told.what,
    )
    told = told.mutate(step=step, holder=told.group.max().over(same).fill_null(NONE))
    told = told.filter(told.what != "complaint")
    mine = ibis.window(group_by="ticket", order_by="place")
    told = told.mutate(was=told.step.lag(1).over(mine), had=told.holder.lag(1).over(mine))
    told = told.filter(told.was.isnull() | (told.was != told.step) | (told.had != told.holder))
    told = told.mutate(
        next_step=told.step.lead(1).over(mine),
        next_group=told.holder.lead(1).over(mine),
        next_at=told["at"].lead(1).over(mine),
    )
    told = told.filter(told["at"] >= span.since, told["at"] < span.until)
    return told.select("ticket", "step", "holder", "at", "next_step", "next_group", "next_at")


def ask(request: BottlenecksRequest, data: Events) -> Bottlenecks:
    if request.hours is not None:
        check(request.hours)
    span, now = data.span(request.period), data.now.replace(tzinfo=None)
    # A group may have been said before the period: the whole life is read.
    whole = Span(BEGINNING, max(span.until, now))
    rows = data.rows(stays(log(data, request.names, whole), span))
    final = {each.lower() for each in request.final}
    kept = [row for row in rows if row["next_at"] is not None or row["step"] not in final]
    took = seconds(
        request.hours, [row["at"] for row in kept], [row["next_at"] or now for row in kept]
    )
    waits = [each or 0.0 for each in took]
    pairs = list(zip(kept, waits, strict=True))
    # What follows a final step is no waiting for anybody.
    waiting = [pair for pair in pairs if pair[0]["step"] not in final]
    return Bottlenecks(
        len({row["ticket"] for row in rows}),
        sum(row["next_group"] not in (None, row["holder"]) for row in rows),
        _stays(waiting, "step", request.level),
        _stays(waiting, "holder", request.level),
        _transitions(pairs, request.level),
    )


_Waits = Sequence[tuple[dict[str, Any], float]]


def _stays(of: _Waits, by: str, level: float) -> list[Stay]:
    found: dict[str, list[tuple[dict[str, Any], float]]] = defaultdict(list)
    for row, wait in of:
        found[row[by]].append((row, wait))
    everything = sum(wait for _, wait in of)
    told = []
    for key, these in found.items():
        total = sum(wait for _, wait in these)
        told.append(
            Stay(
                key,
                len(these),
                len({row["ticket"] for row, _ in these}),
                times((wait for _, wait in these), level),
                total,
                total / everything if everything else None,
                sum(row["next_at"] is None for row, _ in these),
            )
        )
    return sorted(told, key=lambda each: (-each.total, each.key))


def _transitions(of: _Waits, level: float) -> list[Transition]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row, wait in of:
        if row["next_step"] not in (None, row["step"]):
            found[row["step"], row["next_step"]].append(wait)
    told = [Transition(*steps, len(waits), times(waits, level)) for steps, waits in found.items()]
    return sorted(told, key=lambda each: (-each.count, each.before, each.after))


ANALYSIS = Analysis("bottlenecks", "Bottlenecks", __doc__, BottlenecksRequest, Bottlenecks, ask)
