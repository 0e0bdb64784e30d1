"""Trends: events counted and measured over time, by a property, beside the period before.

Of a property the largest groups are told apart, by how many events they have, and the rest is one.
"""

import math
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.analytics.conditions import Filter, chosen, is_numeric
from headwater.analytics.events import Events
from headwater.analytics.kinds.time_series import Each, moments_of
from headwater.analytics.lazily import ibis
from headwater.analytics.marketing.moments import local
from headwater.analytics.model import Analysis, EventName, Property, Request
from headwater.analytics.periods import Period
from headwater.errors import InvalidError

Of = Literal[
    "count", "people", "per_person", "sum", "average", "median", "percentile", "minimum", "maximum"
]
_OF_PROPERTY: Final = frozenset({"sum", "average", "median", "percentile", "minimum", "maximum"})
_OF_PEOPLE: Final = frozenset({"people", "per_person"})
_ADDITIVE: Final = frozenset({"count", "sum"})
_ZERO: Final = frozenset({"count", "people", "sum"})
_TRUNCATED: Final = {"hour": "h", "day": "D", "week": "W", "month": "M"}
_ALL: Final = "all"
_TOP: Final = "top"
_REST: Final = "rest"
_KEYS: Final = ("kind", "value")


class Measured(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An event, and what is measured of it."""

    event: EventName
    of: Annotated[Of, Meta(description="How often, how many people, or of a property.")] = "count"
    property: Property = ""
    percentile: Annotated[float, Meta(gt=0, lt=100)] = 90
    where: Annotated[
        list[Filter], Meta(max_length=20, description="What its properties have to be.")
    ] = msgspec.field(default_factory=list)


class TrendsRequest(Request, frozen=True, kw_only=True):
    """The events, for each hour, day, week or month. The first week or month is whole."""

    series: Annotated[list[Measured], Meta(min_length=1, max_length=6)]
    each: Each = "day"
    by: Annotated[str, Meta(max_length=200, description="The property whose values differ.")] = ""
    top: Annotated[int, Meta(ge=1, le=30, description="So many values; the rest is one.")] = 8
    compare: Annotated[bool, Meta(description="Beside the same number of days before.")] = False
    rolling: Annotated[int, Meta(ge=1, le=366, description="The mean of so many moments.")] = 1
    cumulative: Annotated[bool, Meta(description="Add up from the first moment on.")] = False


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """What was measured: `n` events in all, `total` over the whole period.

    `group` is `all`, `top` (then `value` is the property's, None where events have none) or `rest`.
    """

    event: str
    of: str
    group: str
    value: str | None
    n: int
    total: float | None
    values: list[float | None]
    previous_total: float | None = None
    previous: list[float | None] | None = None


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """The moments in the period's zone, and the lines over them; `n` events in all."""

    n: int
    at: list[datetime]
    lines: list[Line]


class _Told(msgspec.Struct, frozen=True):
    """What was found of one group: how many events, the whole, and each moment."""

    n: int
    total: float | None
    at: dict[datetime, float | None]


_Group = tuple[str, str | None]


def ask(request: TrendsRequest, data: Events) -> Answer:
    """Measure each series in the engine; fill what is missing."""
    for each in request.series:
        _check(each, request, data)
    first, last = data.days(request.period)
    moments = _moments(request, first, last)
    period = Period(since=moments[0].date(), until=last, zone=request.period.zone)
    before, earlier = _before(request, moments[0], last)
    lines: list[Line] = []
    for measured in request.series:
        groups = _largest(measured, request, data, period)
        found = _told(measured, request, data, period, groups)
        groups = [value for kind, value in found if kind == _TOP] if request.by else None
        previous = _told(measured, request, data, before, groups) if request.compare else {}
        if not request.by:
            found = found or {(_ALL, None): _nothing(measured)}
        lines += [
            _line(measured, request, group, told, moments, previous.get(group), earlier)
            for group, told in found.items()
        ]
    return Answer(sum(each.n for each in lines), moments, lines)


def _check(measured: Measured, request: TrendsRequest, data: Events) -> None:
    data.require(measured.event, "series")
    if measured.of in _OF_PROPERTY and not measured.property:
        raise InvalidError("series: of which property?", field="series")
    if request.cumulative and measured.of not in _ADDITIVE:
        raise InvalidError(
            "cumulative: only what can be added up, `count` and `sum`.", field="cumulative"
        )


def _moments(request: TrendsRequest, first: Any, last: Any) -> list[datetime]:
    midnight = datetime.min.time()
    ends = datetime.combine(last + timedelta(days=1), midnight)
    return moments_of(datetime.combine(first, midnight), ends, request.each)


def _before(request: TrendsRequest, since: datetime, last: Any) -> tuple[Period, list[datetime]]:
    """The days before, as many; and their moments, the last one beside the last."""
    days = last - since.date() + timedelta(days=1)
    until = since.date() - timedelta(days=1)
    period = Period(since=since.date() - days, until=until, zone=request.period.zone)
    return period, _moments(request, period.since, until) if request.compare else []


def _events(measured: Measured, request: TrendsRequest, data: Events, period: Period) -> Any:
    """`moment`, `value` of the property, and what is measured."""
    filters = {f"f{at}": each for at, each in enumerate(measured.where)}
    texts = {alias: each.name for alias, each in filters.items() if not is_numeric(each)}
    numbers = {alias: each.name for alias, each in filters.items() if is_numeric(each)}
    if request.by:
        texts["value"] = request.by
    if measured.property:
        numbers["number"] = measured.property
    named = measured.of in _OF_PEOPLE or request.people is not None
    told = data.events(measured.event, texts, numbers, data.span(period), named=named)
    if filters:
        told = told.filter(*[chosen(told[alias], each) for alias, each in filters.items()])
    told = data.among(told)
    at = told["at"] if period.zone == "UTC" else local(told["at"], ibis.literal(period.zone))
    return told.mutate(moment=at.truncate(_TRUNCATED[request.each]))


def _largest(
    measured: Measured, request: TrendsRequest, data: Events, period: Period
) -> list[str | None] | None:
    """The values with the most events; None where all events are one group, and where what is
    measured can be added up, so that one question finds the largest as well."""
    if not request.by or measured.of in _ADDITIVE:
        return None
    told = _events(measured, request, data, period)
    counted = told.group_by("value").agg(n=told.count())
    wanted = counted.order_by([counted.n.desc(), counted.value.asc()]).limit(request.top)
    return [each["value"] for each in data.rows(wanted)]


def _told(
    measured: Measured,
    request: TrendsRequest,
    data: Events,
    period: Period,
    groups: list[str | None] | None,
) -> dict[_Group, _Told]:
    """What is found of each group that has events, the largest first."""
    told = _events(measured, request, data, period)
    if request.by and groups is None:
        cells = _ranked(told, measured, request.top)
    else:
        told = _split(told, groups)
        cells = told.group_by([*_KEYS, "moment"]).agg(**_figures(told, measured))
    # Cast last: DuckDB groups the dates that days are to it faster than the moments.
    cells = cells.mutate(moment=cells.moment.cast("timestamp(6)"))
    wholes: list[dict[str, Any]] = []
    if measured.of not in _ADDITIVE:
        wholes = data.rows(told.group_by(_KEYS).agg(**_figures(told, measured)))
    return _grouped(data.rows(cells), wholes)


def _split(told: Any, groups: list[str | None] | None) -> Any:
    """With the group of each event: `kind` and `value`."""
    if groups is None:
        return told.mutate(kind=ibis.literal(_ALL), value=ibis.null("string"))
    known = [each for each in groups if each is not None]
    is_top = told.value.isin(known) if known else ibis.literal(value=False)
    is_top = told.value.isnull().ifelse(ibis.literal(None in groups), is_top)
    return told.mutate(
        kind=is_top.ifelse(_TOP, _REST), value=is_top.ifelse(told.value, ibis.null("string"))
    )


def _ranked(told: Any, measured: Measured, top: int) -> Any:
    """The cells of what can be added up: by every value first, then the smaller ones together."""
    cells = told.group_by(["value", "moment"]).agg(**_figures(told, measured))
    sizes = cells.group_by("value").agg(whole=cells.n.sum())
    largest = sizes.order_by([sizes.whole.desc(), sizes.value.asc()]).limit(top)
    # Joined, for windows over so few rows cost DuckDB as much as all the counting.
    largest = largest.select(known=largest.value, top=ibis.literal(value=True))
    cells = cells.left_join(largest, cells.value.identical_to(largest.known))
    is_top = cells.top.notnull()
    cells = cells.mutate(
        kind=is_top.ifelse(_TOP, _REST), value=is_top.ifelse(cells.value, ibis.null("string"))
    )
    return cells.group_by([*_KEYS, "moment"]).agg(
        n=cells.n.sum().cast("int64"), figure=cells.figure.sum()
    )


def _grouped(cells: list[dict[str, Any]], wholes: list[dict[str, Any]]) -> dict[_Group, _Told]:
    """The groups by how many events they have, the rest last."""
    totals = {(each["kind"], each["value"]): each["figure"] for each in wholes}
    by_group: dict[_Group, list[dict[str, Any]]] = {}
    for each in cells:
        by_group.setdefault((each["kind"], each["value"]), []).append(each)
    found = {
        group: _Told(
            sum(int(each["n"]) for each in those),
            totals[group] if totals else math.fsum(each["figure"] or 0.0 for each in those),
            {each["moment"]: each["figure"] for each in those},
        )
        for group, those in by_group.items()
    }
    order = sorted(found, key=lambda each: (each[0] == _REST, -found[each].n, each[1] or ""))
    return {group: found[group] for group in order}


def _figures(told: Any, measured: Measured) -> dict[str, Any]:
    return {"n": told.count(), "figure": _figure(told, measured).cast("float64")}


def _figure(told: Any, measured: Measured) -> Any:
    if measured.of == "count":
        return told.count()
    if measured.of == "people":
        return told.person.nunique()
    if measured.of == "per_person":
        return told.count().cast("float64") / told.person.nunique()
    if measured.of in {"median", "percentile"}:
        return told.number.quantile(0.5 if measured.of == "median" else measured.percentile / 100)
    names = {"average": "mean", "minimum": "min", "maximum": "max"}
    return getattr(told.number, names.get(measured.of, measured.of))()


def _nothing(measured: Measured) -> _Told:
    return _Told(0, 0.0 if measured.of in _ZERO else None, {})


def _line(
    measured: Measured,
    request: TrendsRequest,
    group: _Group,
    told: _Told,
    moments: list[datetime],
    previous: _Told | None,
    earlier: list[datetime],
) -> Line:
    line = Line(
        measured.event,
        measured.of,
        *group,
        told.n,
        told.total,
        _shown(told, moments, request, measured),
    )
    if not request.compare:
        return line
    before = previous or _nothing(measured)
    aligned = _shown(before, earlier, request, measured)[-len(moments) :]
    return msgspec.structs.replace(
        line,
        previous_total=before.total,
        previous=[*[None] * (len(moments) - len(aligned)), *aligned],
    )


def _shown(
    told: _Told, moments: list[datetime], request: TrendsRequest, measured: Measured
) -> list[float | None]:
    missing = 0.0 if measured.of in _ZERO else None
    values = [told.at.get(each, missing) for each in moments]
    if request.cumulative:
        total = 0.0
        for at, each in enumerate(values):
            total += each or 0.0
            values[at] = total
    return _rolled(values, request.rolling) if request.rolling > 1 else values


def _rolled(values: list[float | None], window: int) -> list[float | None]:
    """The mean of the last so many values that are known; None until there are so many."""
    rolled: list[float | None] = []
    for end in range(1, len(values) + 1):
        known = [each for each in values[max(0, end - window) : end] if each is not None]
        rolled.append(math.fsum(known) / len(known) if known and end >= window else None)
    return rolled


ANALYSIS = Analysis("trends", "Trends", __doc__, TrendsRequest, Answer, ask)
