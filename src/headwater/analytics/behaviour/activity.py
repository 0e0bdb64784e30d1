"""The events that an analysis of behaviour looks at, and the days or weeks that they fall into."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.conditions import Filter, chosen, is_numeric
from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.marketing.moments import local
from headwater.analytics.model import EventName
from headwater.analytics.periods import Span

Unit = Literal["day", "week", "month"]
TRUNCATED: Final = {"day": "D", "week": "W", "month": "M"}


class Doing(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An event whose properties are so."""

    event: EventName
    where: Annotated[list[Filter], Meta(max_length=20)] = msgspec.field(default_factory=list)


def done(doing: Doing, data: Events, span: Span | None, field: str) -> Any:
    """`person` and `at` of such events, of the people that are asked about."""
    data.require(doing.event, field)
    names = {f"f{at}": each for at, each in enumerate(doing.where)}
    texts = {alias: each.name for alias, each in names.items() if not is_numeric(each)}
    numbers = {alias: each.name for alias, each in names.items() if is_numeric(each)}
    told = data.events(doing.event, texts, numbers, span)
    if names:
        told = told.filter(*[chosen(told[alias], each) for alias, each in names.items()])
    return data.among(told.select("person", "at"))


def until(span: Span) -> Span:
    """All that was before the end of a span."""
    return Span(span.since.replace(year=1970, month=1, day=1), span.until)


def moment(at: Any, zone: str, unit: Unit) -> Any:
    """The day, week (from Monday) or month of a time, in a zone."""
    here = at if zone == "UTC" else local(at, ibis.literal(zone))
    return here.truncate(TRUNCATED[unit]).cast("timestamp(6)")


def later(span: Span, days: float) -> Span:
    """A span that goes on for so many days."""
    return Span(span.since, span.until + timedelta(days=days))
