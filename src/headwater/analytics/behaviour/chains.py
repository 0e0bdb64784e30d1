"""Steps one after the other, over the events of each person.

Of the first steps from which an event can be reached the latest leaves the most of the window, so
that it alone is carried along: step by step, the events of the step look at those of the step
before that were reached, as one pass in the order of time. What was not reached falls out early.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from headwater.analytics.lazily import ibis

_BARRED = 0
_BEFORE = 1
_NEXT = 2


def by_person(
    steps: Sequence[Any], barred: Sequence[Any], others: Sequence[Any], hours: int
) -> Any:
    """For each `person` who did the first step: `r1`, `r2`, … how far they got, and `t2`, … the
    seconds of their quickest way there.

    Each of `steps` and of what is `barred` from coming between has `person` and `at`. With
    `others`, nothing of these comes between two steps.
    """
    reached = steps[0].mutate(start=steps[0]["at"])
    found = [_reached(reached, 1)]
    for number, step in enumerate(steps[1:], 2):
        reached = _following(reached, step, barred, others, hours)
        found.append(_reached(reached, number))
    rows = reduce(lambda one, other: one.union(other), found)
    figures: dict[str, Any] = {}
    for number in range(1, len(steps) + 1):
        seconds = (rows.step == number).ifelse(rows.seconds, ibis.null("float64"))
        figures |= {f"r{number}": seconds.notnull().any(), f"t{number}": seconds.min()}
    return rows.group_by("person").agg(**figures)


def _reached(rows: Any, number: int) -> Any:
    """The quickest way of each person to a step."""
    if number == 1:
        quickest: Any = rows.select("person").distinct().mutate(seconds=ibis.literal(0.0))
    else:
        took = rows["at"].epoch_seconds().cast("float64")
        took -= rows.start.epoch_seconds().cast("float64")
        quickest = rows.group_by("person").agg(seconds=took.min())
    return quickest.select("person", "seconds", step=ibis.literal(number, "int64"))


def _following(
    reached: Any, step: Any, barred: Sequence[Any], others: Sequence[Any], hours: int
) -> Any:
    """The events of a step that can be reached, each with its latest `start`."""
    nothing = ibis.null("timestamp(6)")
    kinds = [(_NEXT, step), *((_BARRED, each) for each in barred)]
    kinds += [(-1, each) for each in others]
    rows = reached.select("person", "at", "start", kind=ibis.literal(_BEFORE, "int64"))
    for kind, told in kinds:
        literal = ibis.literal(kind, "int64")
        rows = rows.union(told.select("person", "at", start=nothing, kind=literal))
    # Of one moment the later step comes first: it does not follow a step of the same moment.
    order = [rows["at"], rows.kind.desc()]
    before = ibis.window(group_by="person", order_by=order, preceding=(None, 1))
    seen: dict[str, Any] = {"latest": rows.start.max().over(before)}
    if barred:
        out = (rows.kind == _BARRED).ifelse(rows["at"], nothing)
        seen["out"] = out.max().over(before)
    if others:
        done = (rows.kind == _BEFORE).ifelse(rows["at"], nothing)
        seen["done"] = done.max().over(before)
        seen["previous"] = rows["at"].lag().over(ibis.window(group_by="person", order_by=order))
    rows = rows.mutate(**seen)
    if others:
        moments = ibis.window(group_by=["person", "at"])
        rows = rows.mutate(previous=rows.previous.min().over(moments))
    good = [rows.kind == _NEXT, rows["at"] <= rows.latest + ibis.interval(hours=hours)]
    if barred:
        good.append(rows.out.isnull() | (rows.out <= rows.latest))
    if others:
        good.append(rows.done == rows.previous)
    return rows.filter(*good).select("person", "at", start=rows.latest)
