"""Lifetime value: what customers have brought, and what they will bring, by BG/NBD and Gamma-Gamma.

A purchase is a day on which somebody bought; the model looks at those after the first. It supposes
that people buy when they like, not by contract.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from headwater.analytics.behaviour.activity import moment
from headwater.analytics.events import Events
from headwater.analytics.lazily import ibis
from headwater.analytics.model import Analysis, EventName, Property
from headwater.analytics.model import Request as Asked
from headwater.analytics.periods import zone_of
from headwater.errors import InvalidError
from headwater.statistics.lifetime import (
    Buying,
    Spending,
    alive,
    buying,
    expected,
    spending,
    worth,
)


class Request(Asked, frozen=True, kw_only=True):
    """The purchases of the period, and how far to look ahead."""

    event: EventName
    value: Property
    ahead_days: Annotated[int, Meta(ge=1, le=1826)] = 365


class Class(msgspec.Struct, frozen=True, rename="camel"):
    """Customers who bought again so often (None: oftener), in all and on average."""

    repeats: int | None
    people: int
    value: float
    alive: float
    """How many of them still are customers."""
    purchases_ahead: float
    value_ahead: float | None


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What they brought, what they are expected to bring, and the models' parameters (in days)."""

    n: int
    value: float
    value_per_person: float
    purchases_ahead: float
    value_ahead: float | None
    classes: list[Class]
    buying: Buying
    spending: Spending | None


def ask(request: Request, data: Events) -> Answer:
    """Sum up everybody in the engine, fit the models, and look ahead."""
    import numpy as np

    data.require(request.event, "event")
    rows = data.rows(customers(request, data))
    if not any(int(each["repeats"]) for each in rows):
        raise InvalidError("Nobody bought on two days, so that nothing can be foretold.")
    x, t_x, paid, first, weight, again = (
        np.array([float(each[name] or 0) for each in rows])
        for name in ("repeats", "recent", "paid", "age", "people", "again")
    )
    model = buying(x, t_x, first, weight)
    mean = np.divide(again, x, out=np.zeros_like(x), where=x > 0)
    sums = spending(x, mean, weight) if (mean > 0).any() else None
    many = expected(model, request.ahead_days, x, t_x, first)
    each = worth(sums, x, mean) if sums is not None else np.full_like(x, np.nan)
    columns = np.array([x, weight, paid, weight * alive(model, x, t_x, first), weight * many])
    brought = weight * many * each
    total = float(weight.sum())
    return Answer(
        int(total),
        float(paid.sum()),
        float(paid.sum()) / total,
        float(columns[4].sum()),
        _known(brought.sum()),
        [found for at in range(11) if (found := _class(at, columns, brought)) is not None],
        model,
        sums,
    )


def customers(request: Request, data: Events) -> Any:
    """Those alike: `repeats`, `recent`, `age` in days, what they paid `again`; `people`, `paid`."""
    zone = str(zone_of(request.period))
    numbers = {"number": request.value}
    told = data.among(data.events(request.event, {}, numbers, data.span(request.period)))
    told = told.mutate(day=moment(told["at"], zone, "day"))
    daily = told.group_by(["person", "day"]).agg(paid=told.number.fill_null(0.0).sum())
    first = daily.day.min().over(ibis.window(group_by="person"))
    daily = daily.mutate(first=first)
    mine = daily.group_by(["person", "first"]).agg(
        repeats=daily.count() - 1,
        last=daily.day.max(),
        paid=daily.paid.sum(),
        again=(daily.day > daily["first"]).ifelse(daily.paid, 0.0).sum(),
    )
    _, last = data.days(request.period)
    now = data.now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    end = min(datetime.combine(last, datetime.min.time()) + timedelta(days=1), now)
    till = ibis.literal(datetime.combine(end.date(), datetime.min.time()), "timestamp(6)")
    mine = mine.mutate(recent=_days(mine["first"], mine["last"]), age=_days(mine["first"], till))
    return mine.group_by(["repeats", "recent", "age", "again"]).agg(
        people=mine.count(), paid=mine.paid.sum()
    )


def _days(since: Any, until: Any) -> Any:
    seconds = until.epoch_seconds().cast("float64") - since.epoch_seconds().cast("float64")
    return ibis.greatest((seconds / 86_400).round(0), 0.0)


def _class(at: int, columns: Any, brought: Any) -> Class | None:
    x, weight, paid, living, many = columns
    mine = x == at if at < 10 else x >= 10
    if not mine.any():
        return None
    return Class(
        at if at < 10 else None,
        int(weight[mine].sum()),
        float(paid[mine].sum()),
        float(living[mine].sum()),
        float(many[mine].sum()),
        _known(brought[mine].sum()),
    )


def _known(value: Any) -> float | None:
    return float(value) if value == value else None


ANALYSIS = Analysis("lifetime-value", "Lifetime value", __doc__, Request, Answer, ask)
