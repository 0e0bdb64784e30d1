"""The form of a sync rule, between what browsers send and a rule; and a rule in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from headwater.errors import InvalidError
from headwater.syncing.model import EVERY, Compare, Complete, Nulls, Policy, Rule
from headwater.syncing.rules import Decider, State
from headwater.web.frame import Visit
from headwater.web.navigation import N_
from headwater.web.settings_form import Sent, last

POLICIES: Final[Mapping[str, str]] = {
    Policy.NEWEST: N_("The newest value"),
    Policy.OLDEST: N_("The oldest value"),
    Policy.SOURCE_ORDER: N_("The first source that has one"),
    Policy.MOST_FREQUENT: N_("What most sources say"),
    Policy.LONGEST: N_("The longest text"),
    Policy.LARGEST: N_("The largest value"),
    Policy.SMALLEST: N_("The smallest value"),
    Policy.UNION: N_("A list of all values"),
}
NULLS: Final[Mapping[str, str]] = {
    Nulls.IGNORE: N_("does nothing"),
    Nulls.WITHDRAW: N_("takes back what the same source said"),
    Nulls.DELETE: N_("takes back what any source said"),
}
COMPARES: Final[Mapping[str, str]] = {
    Compare.AUTO: N_("by the trait's name"),
    Compare.EXACT: N_("only if nothing differs"),
    Compare.TEXT: N_("whatever the capitals and spaces"),
    Compare.EMAIL: N_("as e-mail addresses"),
    Compare.PHONE: N_("as telephone numbers"),
}
BLANKS: Final[Mapping[str, str]] = {"yes": N_("is no value"), "no": N_("is a value")}
STATES: Final[Mapping[str, tuple[str, str]]] = {
    State.WON: (N_("Chosen"), "good"),
    State.LOST: (N_("Passed over"), ""),
    State.SAME: (N_("Says the same"), ""),
    State.STALE: (N_("Too old"), "warn"),
    State.EXCLUDED: (N_("Source left out"), ""),
    State.WITHDRAWN: (N_("Taken back by null"), "warn"),
    State.EMPTY: (N_("Blank"), ""),
}
DECIDERS: Final[Mapping[str, str]] = {
    Decider.ONLY: N_("No other source says anything that counts."),
    Decider.FRESH: N_("All other values are too old."),
    Decider.POLICY: N_("The rule decided."),
    Decider.TIME: N_("The rule left it even, so time decided."),
    Decider.ORDER: N_("The rule and time left it even, so the order of the sources decided."),
    Decider.NAME: N_("All else was even, so the source's name decided."),
}


class SourceRow(msgspec.Struct, frozen=True):
    """A source in the form: its place in the order ("" for none), whether it is left out, and its
    own days."""

    slug: str
    name: str
    place: str
    out: bool
    days: str


def source_rows(rule: Rule, names: Mapping[str, str]) -> list[SourceRow]:
    """The sources that a rule can speak of, those it speaks of first."""
    order, out, days = rule.order or (), rule.exclude or (), rule.source_fresh_days or {}
    slugs = dict.fromkeys([*order, *out, *days, *names])
    return [
        SourceRow(
            slug,
            names.get(slug, slug),
            str(order.index(slug) + 1) if slug in order else "",
            slug in out,
            str(days[slug]) if slug in days else "",
        )
        for slug in slugs
    ]


def rule_of(values: Sent, held: Rule, names: Mapping[str, str]) -> Rule:
    """The rule that a form says which showed another one. Raises InvalidError."""
    slugs = [each.slug for each in source_rows(held, names)]
    places = {slug: _number(values, f"place:{slug}") for slug in slugs}
    order = sorted((slug for slug in slugs if places[slug]), key=lambda slug: places[slug] or 0)
    out = tuple(slug for slug in slugs if last(values, f"out:{slug}"))
    days = {slug: _number(values, f"days:{slug}") for slug in slugs}
    own_days = {slug: count for slug, count in days.items() if count is not None}
    blank = last(values, "blank")
    said: dict[str, Any] = {
        "policy": last(values, "policy") or None,
        "order": order or None,
        "exclude": out or None,
        "freshDays": _number(values, "fresh_days"),
        "sourceFreshDays": own_days or None,
        "skipEmpty": None if not blank else blank == "yes",
        "nulls": last(values, "nulls") or None,
        "compare": last(values, "compare") or None,
    }
    try:
        return msgspec.convert(said, Rule)
    except msgspec.ValidationError as error:
        raise InvalidError(f"The rule cannot be used: {error}.", field="policy") from error


def choices(visit: Visit, words: Mapping[str, str], trait: str, default: str) -> list[Any]:
    """The options of a choice; the first one leaves it open."""
    open_ = (
        visit._("%(what)s (as it is by itself)", what=visit._(words[default]))
        if trait == EVERY
        else visit._("As all traits")
    )
    return [("", open_), *((value, visit._(text)) for value, text in words.items())]


def in_words(visit: Visit, rule: Complete, names: Mapping[str, str]) -> list[str]:
    """What a rule does, in a few words each."""
    words = [visit._(POLICIES[rule.policy])]
    if rule.policy is Policy.SOURCE_ORDER or rule.order:
        words.append(" › ".join(_names(rule.order, names)))
    if rule.exclude:
        out = ", ".join(_names(rule.exclude, names))
        words.append(visit._("without %(sources)s", sources=out))
    if rule.fresh_days:
        words.append(visit._("at most %(days)s days older", days=rule.fresh_days))
    if rule.nulls is not Nulls.IGNORE:
        words.append(visit._("null %(does)s", does=visit._(NULLS[rule.nulls])))
    return [word for word in words if word]


def _names(slugs: Sequence[str], names: Mapping[str, str]) -> list[str]:
    return [names.get(slug, slug) for slug in slugs]


def _number(values: Sent, name: str) -> int | None:
    text = last(values, name).strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise InvalidError(f"{name}: is to be a whole number.", field=name)
    return int(text[:9])
