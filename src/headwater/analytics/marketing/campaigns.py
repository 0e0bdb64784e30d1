"""Who came how, what they then did, and what it cost."""

from typing import Any

import msgspec

from headwater.analytics.lazily import ibis
from headwater.analytics.marketing import crediting
from headwater.analytics.marketing.data import Data
from headwater.analytics.marketing.figures import Came, Row, row, rows
from headwater.analytics.marketing.reading import Touch, conversions, costs, earlier, touches
from headwater.analytics.periods import Span
from headwater.statistics.model import LEVEL


class Wanted(msgspec.Struct, frozen=True):
    """What is asked: a conversion belongs to the last visit at most `days` before it."""

    touch: Touch
    span: Span
    conversion: str = ""
    value: str = ""
    days: int = 30
    currency: str = ""
    level: float = LEVEL


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """A row for each key, and the whole."""

    n: int
    """Visits."""
    rows: list[Row]
    total: Row
    without_visit: int
    """Conversions that no visit came before within the window."""
    currency: str
    left_out: tuple[str, ...]
    """Currencies that are not in the costs."""


def report(data: Data, wanted: Wanted) -> Report:
    """Ask the engine, and put together."""
    came = touches(data, wanted.touch, wanted.span)
    counts = {
        each["key"]: Came(each["visits"], each["people"])
        for each in data.rows(
            came.group_by("key").agg(visits=came.count(), people=came.person.nunique())
        )
    }
    people = sum(each["people"] for each in data.rows(came.agg(people=came.person.nunique())))
    whole = Came(sum(each.visits for each in counts.values()), people)
    without = 0
    if wanted.conversion:
        whole, without = _convert(data, wanted, counts, whole)
    spent = costs(data, wanted.touch, wanted.span, wanted.currency)
    told = rows(counts, spent, wanted.level)
    return Report(
        whole.visits,
        told,
        row("", whole, spent.whole() if spent.by_key else None, wanted.level),
        without,
        spent.currency,
        spent.left_out,
    )


def _convert(data: Data, wanted: Wanted, counts: dict[str, Came], whole: Came) -> tuple[Came, int]:
    """Add what people did to how they came."""
    acts = conversions(data, wanted.conversion, wanted.value, wanted.span)
    before = touches(data, wanted.touch, earlier(wanted.span, wanted.days))
    credited = crediting.last(crediting.reached(before, acts, wanted.days))
    did = converting(touches(data, wanted.touch, wanted.span), acts, wanted.days)
    by_key = {each["key"]: each for each in data.rows(credited)}
    who = {
        each["key"]: each["people"]
        for each in data.rows(did.group_by("key").agg(people=did.person.nunique()))
    }
    for key in {*by_key, *who}:
        held, given = counts.get(key, Came()), by_key.get(key)
        counts[key] = msgspec.structs.replace(
            held,
            converted=who.get(key, 0),
            conversions=given["conversions"] if given else 0,
            value=float(given["value"] or 0) if given else 0.0,
        )
    people = data.rows(did.agg(people=did.person.nunique()))[0]["people"]
    total = data.rows(acts.agg(times=acts.count()))[0]["times"]
    done = sum(each.conversions for each in counts.values())
    value = sum(each.value for each in counts.values())
    return (
        msgspec.structs.replace(whole, converted=people, conversions=done, value=value),
        total - done,
    )


def converting(came: Any, acts: Any, days: int) -> Any:
    """The visits that the same person converted after, within the window."""
    known = acts.select(c_person="person", c_at="at")
    return came.semi_join(
        known,
        [
            came.person == known.c_person,
            known.c_at >= came.at,
            known.c_at <= came.at + ibis.interval(days=days),
        ],
    )
