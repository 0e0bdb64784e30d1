"""What campaigns cost: the events `Campaign Spend`, of each day what was said last."""

from typing import Any, Final

from headwater.analytics.lazily import ibis

EVENT: Final = "Campaign Spend"
KEYS: Final = ("channel", "source", "medium", "campaign", "term", "creative", "currency")
"""What tells the figures of a day apart, beside the day."""
NUMBERS: Final = ("cost", "impressions", "clicks")


def latest(told: Any) -> Any:
    """Of each day and each set of KEYS what was received last. `told` has `at`, `received`, a text
    for each of KEYS and a number for each of NUMBERS."""
    told = told.mutate(day=told.at.truncate("D"), **{name: _clean(told[name]) for name in KEYS})
    order = ibis.window(
        group_by=["day", *KEYS],
        order_by=[ibis.desc("received"), *[ibis.desc(name) for name in NUMBERS]],
    )
    ranked = told.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("day", *KEYS, *NUMBERS)


def _clean(text: Any) -> Any:
    return text.strip().fill_null("")


def by_key(spend: Any, key: Any) -> Any:
    """The sums by a text, in one currency each: `key`, `currency`, and NUMBERS."""
    told = spend.mutate(key=key)
    return told.group_by("key", "currency").agg(
        **{name: told[name].sum().fill_null(0) for name in NUMBERS}
    )
