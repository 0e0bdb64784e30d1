"""Conditions on people: what they did, how often and when, and which traits they have."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.periods import Span
from headwater.errors import InvalidError

if TYPE_CHECKING:
    from headwater.analytics.events import Events

Name = Annotated[str, Meta(max_length=200)]
_MOST_IDS: Final = 2_000
Operator = Literal["is", "is_not", "more", "less", "contains", "is_set", "is_not_set"]


class Filter(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a property or a trait has to be. `more` and `less` compare numbers."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    operator: Operator = "is"
    value: str | float | bool | None = None


class Condition(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The people who did an event so often, have such traits, are known to a source, are listed:
    all that is said."""

    event: Annotated[Name, Meta(description="What they did: an event's name, or `page`.")] = ""
    where: Annotated[
        list[Filter], Meta(max_length=20, description="What its properties have to be.")
    ] = msgspec.field(default_factory=list)
    least: Annotated[int, Meta(ge=1, le=1_000_000, description="How often at least.")] = 1
    days: Annotated[
        Annotated[int, Meta(ge=1, le=3660)] | None,
        Meta(description="In how many last days; else ever."),
    ] = None
    traits: Annotated[list[Filter], Meta(max_length=20, description="Which traits they have.")] = (
        msgspec.field(default_factory=list)
    )
    source: Annotated[
        str, Meta(max_length=200, description="Of whom this source told anything, by its slug.")
    ] = ""
    ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(max_length=_MOST_IDS, description="Who they are: user ids, or anonymous ones."),
    ] = msgspec.field(default_factory=list)
    negated: Annotated[bool, Meta(description="Everybody but these.")] = False


def people_of(condition: Condition, data: "Events") -> Any:
    """The `person`s who meet it. Raises InvalidError where it says nothing."""
    said = []
    if condition.event:
        said.append(_did(condition, data))
    if condition.traits:
        said.append(_have(condition.traits, data))
    if condition.source:
        said.append(data.source(condition.source))
    if condition.ids:
        said.append(data.listed(condition.ids))
    if not said:
        raise InvalidError("A condition names an event, traits, a source or ids.", field="event")
    found, *others = said
    for each in others:
        found = found.filter(found.person.isin(each.person))
    if condition.negated:
        everybody = data.everybody()
        return everybody.filter(~everybody.person.isin(found.person))
    return found


def _have(traits: list[Filter], data: "Events") -> Any:
    names = {f"t{at}": each for at, each in enumerate(traits)}
    told = data.traits(*_aliases(names))
    have = told.filter(*[chosen(told[alias], each) for alias, each in names.items()])
    return have.select("person")


def _did(condition: Condition, data: "Events") -> Any:
    span = None
    if condition.days is not None:
        now = data.now.replace(tzinfo=None)
        span = Span(now - timedelta(days=condition.days), now)
    data.require(condition.event, "event")
    names = {f"f{at}": each for at, each in enumerate(condition.where)}
    told = data.events(condition.event, *_aliases(names), span)
    if names:
        told = told.filter(*[chosen(told[alias], each) for alias, each in names.items()])
    if condition.least == 1:
        return told.select("person").distinct()
    counted = told.group_by("person").agg(times=told.count())
    return counted.filter(counted.times >= condition.least).select("person")


def _aliases(names: Mapping[str, Filter]) -> tuple[dict[str, str], dict[str, str]]:
    """The names that are looked at as texts, and as numbers."""
    texts = {alias: each.name for alias, each in names.items() if not is_numeric(each)}
    numbers = {alias: each.name for alias, each in names.items() if is_numeric(each)}
    return texts, numbers


def is_numeric(wanted: Filter) -> bool:
    """Whether a filter looks at a number."""
    if wanted.operator in {"more", "less"}:
        return True
    return isinstance(wanted.value, int | float) and not isinstance(wanted.value, bool)


def chosen(column: Any, wanted: Filter) -> Any:
    """Whether a column's value is as wanted; what is missing is not."""
    value = str(wanted.value).lower() if isinstance(wanted.value, bool) else wanted.value
    if wanted.operator == "is_set":
        return column.notnull()
    if wanted.operator == "is_not_set":
        return column.isnull()
    if value is None or (is_numeric(wanted) and not isinstance(value, int | float)):
        raise InvalidError(f"{wanted.name}: this is compared with no value.", field="value")
    if wanted.operator == "is":
        return column == value
    if wanted.operator == "is_not":
        return (column != value) | column.isnull()
    if wanted.operator == "contains":
        return column.contains(str(value))
    return column > value if wanted.operator == "more" else column < value
