"""An event's numbers over time, by a property."""

from typing import Any, Final, Literal

from headwater.analytics.behaviour.acts import slots

Of = Literal["count", "people", "sum", "average", "median", "percentile", "per_person"]
Each = Literal["hour", "day", "week", "month"]
TRUNCATED: Final = {"hour": "h", "day": "D", "week": "W", "month": "M"}
ADDED_UP: Final = frozenset(("count", "sum"))
"""Numbers of which a whole is the sum of its parts."""


def value(told: Any, of: Of, percentile: float) -> Any:
    """The number of events with `person` and, where a property is meant, its `number`."""
    if of == "count":
        found = told.count()
    elif of == "people":
        found = told.person.nunique()
    elif of == "per_person":
        all_of_it = told.number.sum() if "number" in told.columns else told.count()
        found = all_of_it.cast("float64") / told.person.nunique()
    elif of in {"median", "percentile"}:
        found = told.number.quantile(0.5 if of == "median" else percentile)
    else:
        found = told.number.sum() if of == "sum" else told.number.mean()
    return found.cast("float64")


def top(told: Any, of: Of, percentile: float, most: int) -> Any:
    """The `key`s with the most of it, or the most events where sizes do not say how much there is,
    at most so many."""
    number = value(told, of, percentile) if of in {"people", "sum"} else told.count()
    counted = told.group_by("key").agg(much=number.cast("float64"))
    counted = counted.mutate(much=counted.much.fill_null(0.0))
    return counted.order_by(counted.much.desc(), counted.key.asc()).limit(most)


def placed(told: Any, keys: list[str | None]) -> Any:
    """The events with the `slot` of their key; -1 of the rest."""
    return told.mutate(slot=slots(told.key, keys))


def cells(told: Any, by: tuple[str, ...], of: Of, percentile: float) -> Any:
    """The `value` and how many `events`, by moment, slot, both or neither."""
    numbers = {"value": value(told, of, percentile), "events": told.count()}
    return told.group_by(list(by)).agg(**numbers) if by else told.agg(**numbers)


def first_moments(told: Any, by: tuple[str, ...]) -> Any:
    """How many people came for the first time, by moment (and slot)."""
    more = [each for each in by if each != "moment"]
    first = told.group_by(["person", *more]).agg(moment=told.moment.min())
    return first.group_by(list(by)).agg(value=first.count().cast("float64"))
