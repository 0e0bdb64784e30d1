"""Who began when, and in which periods they came back: the periods of a person are bits.

One pass that groups by person, which is what a table of the different periods of each would cost
twice.
"""

from functools import reduce
from typing import Any, Final

from headwater.analytics.lazily import ibis

_BITS: Final = 60
"""Periods in a word."""


def begun(starts: Any, back: Any, count: int, *, each: bool) -> Any:
    """Each `person` once with the number of the `cohort` of their first start, or once for `each`
    start; with `w0`, `w1`, … whose bits are the periods they came back in, and the `last` of these.

    `starts` and `back` have `person` and `number`: of a period from 0 on, or before them. Without
    `back` they come back by starting.
    """
    nothing = ibis.null("int64")
    if back is None:
        rows = starts.select("person", start=starts.number, back=starts.number)
    else:
        rows = ibis.union(
            starts.select("person", start=starts.number, back=nothing),
            back.select("person", start=nothing, back=back.number),
        )
    came = rows.back >= 0
    figures: dict[str, Any] = {"cohort": rows.start.min(), "last": rows.back.max()}
    for word in range(-(-count // _BITS)):
        here = came if count <= _BITS else came & (rows.back // _BITS == word)
        bit = ibis.literal(1).cast("int64") << (rows.back - word * _BITS).cast("int32")
        figures[f"w{word}"] = here.ifelse(bit, nothing).bit_or()
    people = rows.group_by("person").agg(**figures)
    if not each:
        return people.filter(people.cohort >= 0)
    told = starts.select(owner=starts.person, cohort=starts.number).distinct()
    people = people.drop("cohort")
    return told.inner_join(people, told.owner == people.person).drop("owner")


def counted(people: Any, spans: list[tuple[int, int]], count: int, *, goes_on: bool) -> Any:
    """By `cohort`: how many `people`, and how many came back in each span of periods after the
    start, `c0`, `c1`, …; with `goes_on` in it or later."""
    figures = {"people": people.count()}
    for place, (first, last) in enumerate(spans):
        if goes_on:
            came = people["last"] >= people.cohort + first
        else:
            each = [_came(people, offset, count) for offset in range(first, last + 1)]
            came = reduce(lambda one, other: one | other, each)
        figures[f"c{place}"] = came.ifelse(1, 0).sum().cast("int64")
    return people.group_by("cohort").agg(**figures)


def _came(people: Any, offset: int, count: int) -> Any:
    """Whether somebody came back so many periods after their start."""
    words = -(-count // _BITS)
    at = people.cohort + offset
    word = people.w0
    if words > 1:
        branches = [(at // _BITS == number, people[f"w{number}"]) for number in range(words)]
        word = ibis.cases(*branches, else_=ibis.null("int64"))
        at = at % _BITS
    inside = (at < words * _BITS) if words == 1 else ibis.literal(value=True)
    return inside & (((word >> at.cast("int32")) & 1) == 1)
