"""Steps in any order: how many different ones each person did within a window."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from headwater.analytics.lazily import ibis


def by_person(steps: Sequence[Any], barred: Sequence[Any], hours: int, until: datetime) -> Any:
    """For each `person` who did any of the steps before `until`: `r1`, `r2`, … whether so many
    different ones within the hours, and `t2`, … the seconds of their quickest way there. What is
    `barred` begins it anew, and counts as later than a step of its moment."""
    number = len(steps)
    parts = [*enumerate(steps, 1), *((0, each) for each in barred)]
    told = ibis.union(
        *[each.select("person", "at", step=ibis.literal(at, "int64")) for at, each in parts]
    )
    order = [told["at"], told.step.desc()]
    window = ibis.window(group_by="person", order_by=order, preceding=(None, 0))

    def last(step: int) -> Any:
        return _where(told.step == step, told["at"]).max().over(window)

    told = told.mutate(**{f"l{step}": last(step) for step in range(number + 1)})
    near = told["at"] - ibis.interval(hours=hours)
    lasts = [told[f"l{step}"] for step in range(1, number + 1)]
    good = [(at >= near) & (told.l0.isnull() | (at > told.l0)) for at in lasts]
    done = reduce(lambda one, other: one + other, [each.ifelse(1, 0) for each in good])
    starts = [each.ifelse(at, told["at"]) for each, at in zip(good, lasts, strict=True)]
    told = told.select("person", "at", done=done.cast("int64"), start=ibis.least(*starts))
    told = told.filter(told.done > 0, told.start < ibis.literal(until, "timestamp(6)"))
    seconds = (told["at"].epoch_seconds() - told.start.epoch_seconds()).cast("float64")
    figures: dict[str, Any] = {}
    for step in range(1, number + 1):
        here = (told.done == step).ifelse(seconds, ibis.null("float64"))
        figures |= {f"r{step}": (told.done >= step).any(), f"t{step}": here.min()}
    return told.group_by("person").agg(**figures)


def _where(condition: Any, at: Any) -> Any:
    return condition.ifelse(at, ibis.null("timestamp(6)"))
