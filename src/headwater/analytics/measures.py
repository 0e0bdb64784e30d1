"""Numbers of people: traits, and what their events add up to; and how many have which of two marks.

Expressions; nothing here is asked of an engine.
"""

from collections.abc import Mapping
from functools import cache, reduce
from typing import Any, Final, Literal

from headwater.analytics.lazily import ibis

Of = Literal["count", "sum", "average", "minimum", "maximum", "median", "days"]
"""What a person's events add up to; `days` are those on which there is one."""

SAMPLE: Final = 100_000
"""Of more people than so many, a sample is computed with."""
_DIGITS: Final = 6
_NAMES: Final = {"average": "mean", "minimum": "min", "maximum": "max"}


@cache
def _digesting() -> Any:
    @ibis.udf.scalar.builtin(name="md5", signature=(("string",), "string"))  # type: ignore[untyped-decorator]
    def digest(text: str) -> str:  # type: ignore[empty-body]
        """A text that looks like chance, and is always the same."""

    return digest


def of_events(events: Any, what: Of) -> Any:
    """`person` and `number`, from `person`, `at` and the property's `number`."""
    grouped = events.group_by("person")
    if what == "count":
        number = events.count()
    elif what == "days":
        number = events["at"].truncate("D").nunique()
    else:
        number = getattr(events.number, _NAMES.get(what, what))()
    return grouped.agg(number=number.cast("float64"))


def side_by_side(measures: Mapping[str, Any], zeros: frozenset[str], people: Any = None) -> Any:
    """A row for each person with a column for each measure; those of `zeros` are 0 and not unknown
    where somebody has no events. Without `people`, all who have any of the measures."""
    base = people
    if base is None:
        persons = [each.select("person") for each in measures.values()]
        base = reduce(lambda one, other: one.union(other, distinct=True), persons)
    told = base.select("person").distinct()
    for name, each in measures.items():
        renamed = each.select(**{f"{name}_person": each.person, name: each.number})
        told = told.left_join(renamed, told.person == renamed[f"{name}_person"])
        told = told.drop(f"{name}_person")
    return told.mutate(**{name: told[name].fill_null(0.0) for name in measures if name in zeros})


def sample(people: Any, n: int, most: int = SAMPLE) -> Any:
    """About `most` of n people: those whose hash is small, the same ones each time."""
    if n <= most:
        return people
    least = int(16**_DIGITS * most / n)
    return people.filter(_digesting()(people.person).substr(0, _DIGITS) < f"{least:0{_DIGITS}x}")


def fourfold(people: Any, a: Any, b: Any) -> Any:
    """How many people there are, how many are in `a`, in `b`, in both; each has `person`, which may
    repeat, and those who are not among `people` do not count."""
    told = people.select("person").distinct()
    told = told.mutate(
        in_a=told.person.isin(a.person).ifelse(1, 0), in_b=told.person.isin(b.person).ifelse(1, 0)
    )
    return told.agg(
        n=told.count(),
        a=told.in_a.sum().fill_null(0).cast("int64"),
        b=told.in_b.sum().fill_null(0).cast("int64"),
        both=(told.in_a * told.in_b).sum().fill_null(0).cast("int64"),
    )
