"""Sets: several groups of people side by side: who is in all, in any, in one alone.

Each region is who is in just these groups and in none of the others, as in a Venn diagram; the
regions of many groups make an UpSet diagram.
"""

from functools import reduce
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.analytics.conditions import Condition
from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis, Request
from headwater.errors import InvalidError

_MOST: Final = 8


class Group(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A group under a name: who meets a condition, is listed in it, or is known to its source."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    people: Condition


class SetsRequest(Request, frozen=True, kw_only=True):
    """The groups. The conditions say their own times; the period does not count."""

    groups: Annotated[list[Group], Meta(min_length=2, max_length=_MOST)]
    shown: Annotated[int, Meta(ge=0, le=1000, description="So many people of each region.")] = 20


class Size(msgspec.Struct, frozen=True, rename="camel"):
    """A group, and how many of it are in no other: the difference."""

    name: str
    people: int
    alone: int


class Region(msgspec.Struct, frozen=True, rename="camel"):
    """Who is in just these groups; `name` has them in one, `members` are the first of them."""

    name: str
    groups: list[str]
    people: int
    members: list[str]


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """`n` people in any of the groups (the union), in all of them, in an odd number of them (of two
    groups: in just one); and `jaccard`, the share of the union that is in all."""

    n: int
    intersection: int
    symmetric_difference: int
    jaccard: float | None
    groups: list[Size]
    regions: list[Region]


def ask(request: SetsRequest, data: Events) -> Answer:
    """Mark each person with the groups in the engine, and count the marks."""
    names = [each.name for each in request.groups]
    if len(set(names)) < len(names):
        raise InvalidError("groups: each has a name of its own.", field="groups")
    told = marked([data.people(each.people) for each in request.groups])
    if request.people is not None:
        told = data.among(told)
    counted = data.rows(told.group_by("mark").agg(n=told.count()))
    counts = {int(each["mark"]): int(each["n"]) for each in counted}
    return _answer(names, counts, _members(told, request.shown, data))


def marked(groups: list[Any]) -> Any:
    """Each `person` of any group once, with a `mark` whose bits are the groups."""
    rows = [
        each.select("person").distinct().mutate(bit=ibis.literal(1 << at, "int64"))
        for at, each in enumerate(groups)
    ]
    both = reduce(lambda one, other: one.union(other), rows)
    return both.group_by("person").agg(mark=both.bit.sum().cast("int64"))


def _members(told: Any, shown: int, data: Events) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if shown:
        order = ibis.window(group_by="mark", order_by="person")
        placed = told.mutate(place=ibis.row_number().over(order))
        wanted = placed.filter(placed.place < shown).select("mark", "person")
        for each in data.rows(wanted):
            found.setdefault(int(each["mark"]), []).append(each["person"])
    return found


def _answer(names: list[str], counts: dict[int, int], members: dict[int, list[str]]) -> Answer:
    n = sum(counts.values())
    in_all = counts.get((1 << len(names)) - 1, 0)
    regions = [
        _region([name for at, name in enumerate(names) if mark >> at & 1], count, members.get(mark))
        for mark, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    sizes = [
        Size(
            name,
            sum(count for mark, count in counts.items() if mark >> at & 1),
            counts.get(1 << at, 0),
        )
        for at, name in enumerate(names)
    ]
    odd = sum(count for mark, count in counts.items() if mark.bit_count() % 2)
    return Answer(n, in_all, odd, in_all / n if n else None, sizes, regions)


def _region(groups: list[str], count: int, members: list[str] | None) -> Region:
    return Region(" ∩ ".join(groups), groups, count, sorted(members or []))


ANALYSIS = Analysis("sets", "Sets", __doc__, SetsRequest, Answer, ask)
