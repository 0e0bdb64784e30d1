"""Visits, conversions and costs as expressions over the events of a span."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from headwater.analytics.marketing import spend
from headwater.analytics.marketing.data import Data
from headwater.analytics.marketing.figures import Costs, costs_of
from headwater.analytics.marketing.visits import CLICKS, MEMBERS, By, visits
from headwater.analytics.periods import Span

PAGE: Final = "page"


class Touch(msgspec.Struct, frozen=True):
    """What counts as a touch: visits, told apart by `by`; or events of a name, by a property."""

    by: By = By.CHANNEL
    event: str = ""
    key: str = ""


def touches(data: Data, touch: Touch, span: Span) -> Any:
    """`person`, `at`, `key` of each touch within the span."""
    if touch.event:
        found = data.among(data.events(touch.event, {"key": touch.key}, {}, span))
        key = found.key.strip().nullif("").fill_null("(none)")
        return found.select("person", "at", key=key)
    there = data.columns(PAGE)
    clicks = {name: column for name, column in CLICKS.items() if column in there}
    return visits(data.among(data.events(PAGE, {**MEMBERS, **clicks}, {}, span)), touch.by)


def earlier(span: Span, days: int) -> Span:
    """The span with the window before it, in which touches of its first conversions may lie."""
    return Span(span.since - timedelta(days=days), span.until)


def conversions(data: Data, event: str, value: str, span: Span) -> Any:
    """`person`, `at`, `value` of each conversion; without a property each is worth 0."""
    numbers = {"value": value} if value else {}
    found = data.among(data.events(event, {}, numbers, span))
    if not value:
        found = found.mutate(value=0.0)
    return found.select("person", "at", value=found.value.cast("float64").fill_null(0.0))


_SPENT_BY: Final = {
    By.CHANNEL: ("channel",),
    By.SOURCE: ("source", "channel"),
    By.MEDIUM: ("medium",),
    By.CAMPAIGN: ("campaign",),
    By.TERM: ("term",),
    By.CONTENT: ("creative",),
}
"""The properties of Campaign Spend that say what visits are told apart by, the first that is
given; nobody says what a landing page cost."""


def costs(data: Data, touch: Touch, span: Span, currency: str) -> Costs:
    """What was spent in the span, by the key of the touches."""
    names = _SPENT_BY.get(touch.by, ()) if not touch.event else ("channel", "source")
    if not names or not data.columns(spend.EVENT):
        return Costs(currency.upper())
    told = data.events(
        spend.EVENT,
        {name: name for name in spend.KEYS},
        {name: name for name in spend.NUMBERS},
        span,
    )
    latest = spend.latest(told)
    key = latest[names[-1]]
    for name in reversed(names[:-1]):
        key = latest[name].nullif("").fill_null(key)
    found = data.rows(spend.by_key(latest, key))
    return costs_of(
        (
            (each["key"], each["currency"], *(float(each[name]) for name in spend.NUMBERS))
            for each in found
        ),
        currency,
    )
