"""Events of a name that meet filters, by the people that are asked about."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.analytics.conditions import Filter, chosen, is_numeric
from headwater.analytics.events import Events
from headwater.analytics.periods import Span

_NOTHING: Mapping[str, str] = {}


class Act(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An event, and what its properties have to be."""

    event: Annotated[
        str, Meta(min_length=1, max_length=200, description="An event's name, or `page`.")
    ]
    where: Annotated[list[Filter], Meta(max_length=20)] = msgspec.field(default_factory=list)


def acts(
    data: Events,
    act: Act,
    span: Span | None,
    texts: Mapping[str, str] = _NOTHING,
    numbers: Mapping[str, str] = _NOTHING,
) -> Any:
    """`person`, `at`, `id`, and a column for each alias, of those events within a span."""
    told_as = {f"f{at}": each for at, each in enumerate(act.where)}
    wanted = {alias: each.name for alias, each in told_as.items() if not is_numeric(each)}
    counted = {alias: each.name for alias, each in told_as.items() if is_numeric(each)}
    told = data.events(act.event, {**wanted, **texts}, {**counted, **numbers}, span)
    if told_as:
        told = told.filter(*[chosen(told[alias], each) for alias, each in told_as.items()])
    return data.among(told).select("person", "at", "id", *texts, *numbers)


def slots(column: Any, keys: list[str | None]) -> Any:
    """The place of a column's value among keys, of which None is no value; -1 of another."""
    import ibis

    branches = [
        (column.isnull() if key is None else column == key, at) for at, key in enumerate(keys)
    ]
    return ibis.cases(*branches, else_=-1) if branches else ibis.literal(-1)
