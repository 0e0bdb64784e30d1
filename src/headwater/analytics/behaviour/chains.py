"""Steps one after the other, as one pass over the events of each person.

Rows have `person`, `at` and `step`: 1 and on for the steps, 0 for what must not come between, and
-1 for what only counts as something between. Of the first steps from which an event can be reached
the latest leaves the most of the window, so that it alone needs to be carried along: `s2`, `s3`, …
are the latest start from which a row completes that step, or null.
"""

from typing import Any

import ibis


def chained(rows: Any, steps: int, hours: int, *, strict: bool) -> Any:
    """The rows with `s1`, `s2`, …"""
    # Of one moment the later step comes first: it does not follow a step of the same moment.
    order = [rows["at"], rows.step.desc()]
    before = ibis.window(group_by="person", order_by=order, preceding=(None, 1))
    told = rows.mutate(s1=_where(rows.step == 1, rows["at"]))
    told = told.mutate(barred=_where(told.step == 0, told["at"]).max().over(before))
    if strict:
        lagged = told["at"].lag().over(ibis.window(group_by="person", order_by=order))
        told = told.mutate(previous=lagged)
        moments = ibis.window(group_by=["person", "at"])
        told = told.mutate(previous=told.previous.min().over(moments))
    for step in range(2, steps + 1):
        reached = told[f"s{step - 1}"]
        told = told.mutate(
            start=reached.max().over(before),
            reached=_where(reached.notnull(), told["at"]).max().over(before),
        )
        good = (told.step == step) & (told["at"] <= told.start + ibis.interval(hours=hours))
        good &= told.barred.isnull() | (told.barred <= told.start)
        if strict:
            good &= told.reached == told.previous
        told = told.mutate(**{f"s{step}": _where(good, told.start)}).drop("start", "reached")
    return told


def _where(condition: Any, at: Any) -> Any:
    return condition.ifelse(at, ibis.null("timestamp(6)"))


def by_person(told: Any, steps: int) -> Any:
    """For each `person` who began: `r1`, `r2`, … whether they got so far, and `t2`, … the seconds
    of their quickest way there."""
    figures: dict[str, Any] = {"r1": told.s1.notnull().any()}
    for step in range(2, steps + 1):
        start = told[f"s{step}"]
        figures[f"r{step}"] = start.notnull().any()
        seconds = told["at"].epoch_seconds().cast("float64") - start.epoch_seconds().cast("float64")
        figures[f"t{step}"] = seconds.min()
    people = told.group_by("person").agg(**figures)
    return people.filter(people.r1)
