"""The kinds of cleaning rule as the console shows them: their names for people, in groups."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Kind, Phase
from headwater.web.navigation import N_


class Look(msgspec.Struct, frozen=True):
    """A kind's name for people, and its icon."""

    label: str
    icon: str


class Group(msgspec.Struct, frozen=True):
    """Kinds that are for the same thing."""

    label: str
    about: str
    kinds: Mapping[str, Look]


GROUPS: Final = (
    Group(
        N_("Leave out"),
        N_("What never should have been sent, or should not count."),
        {
            "drop": Look(N_("Events by a condition"), "filter"),
            "require_members": Look(N_("Events that lack something"), "bad"),
            "drop_bots": Look(N_("Robots"), "server"),
            "drop_internal_traffic": Look(N_("Internal traffic"), "home"),
            "drop_test_users": Look(N_("Test users"), "users"),
            "drop_repeats": Look(N_("Repeats"), "copy"),
        },
    ),
    Group(
        N_("Fill in"),
        N_("What is missing and can be known."),
        {
            "fill_missing": Look(N_("Missing values"), "plus"),
            "fill_last_known": Look(N_("Last known values"), "history"),
        },
    ),
    Group(
        N_("Tidy texts"),
        N_("So that the same thing is written in the same way."),
        {
            "trim": Look(N_("White space"), "edit"),
            "change_case": Look(N_("Upper and lower case"), "edit"),
            "normalize_unicode": Look(N_("Unicode form"), "globe"),
            "empty_to_null": Look(N_("Empty texts"), "close"),
        },
    ),
    Group(
        N_("Read values"),
        N_("Typed values in place of texts, so that columns can be counted with."),
        {
            "parse_number": Look(N_("Numbers"), "table"),
            "parse_boolean": Look(N_("True and false"), "check"),
            "parse_date": Look(N_("Dates and times"), "book"),
            "parse_currency": Look(N_("Amounts of money"), "archive"),
        },
    ),
    Group(
        N_("Write in one form"),
        N_("What has a standard gets written by it."),
        {
            "normalize_email": Look(N_("E-mail addresses"), "mail"),
            "normalize_phone": Look(N_("Phone numbers"), "mobile"),
            "normalize_country": Look(N_("Countries"), "globe"),
            "normalize_language": Look(N_("Languages"), "globe"),
            "normalize_url": Look(N_("Page addresses"), "external"),
        },
    ),
    Group(
        N_("Watch values"),
        N_("What to do about values that cannot be right."),
        {
            "allowed_range": Look(N_("Allowed range"), "pulse"),
            "allowed_values": Look(N_("Allowed values"), "good"),
            "outliers": Look(N_("Outliers"), "warning"),
        },
    ),
)
"""The kinds that make events right, in groups."""

ENRICHING: Final = Group(
    N_("Enrich"),
    N_("What an event tells when one looks closer, written down with it."),
    {
        "parse_user_agent": Look(N_("Browser and device"), "screen"),
        "read_campaign": Look(N_("Campaign"), "external"),
        "classify_referrer": Look(N_("Where they come from"), "website"),
        "number_sessions": Look(N_("Session numbers"), "clock"),
        "locate_ip": Look(N_("Place by address"), "globe"),
        "anonymize_ip": Look(N_("Anonymous addresses"), "shield"),
    },
)
"""The kinds that add to events; those of no other group are here too."""


PHASE_NAMES: Final = {
    Phase.CLEAN: N_("Clean"),
    Phase.ENRICH: N_("Enrich"),
    Phase.PROTECT: N_("Protect, after all others"),
}
"""What the phases are called, in which rules have their turn."""


def look_of(name: str) -> Look:
    """How a kind is shown; one that is in no group, by its own name."""
    for group in (*GROUPS, ENRICHING):
        if name in group.kinds:
            return group.kinds[name]
    return Look(name.replace("_", " ").capitalize(), "water")


def grouped() -> Iterator[tuple[Group, Sequence[Kind]]]:
    """Every kind, in its group, in the groups' order."""
    known = {name for group in (*GROUPS, ENRICHING) for name in group.kinds}
    for group in GROUPS:
        yield group, [KINDS[name] for name in group.kinds if name in KINDS]
    enriching = [KINDS[name] for name in ENRICHING.kinds if name in KINDS]
    enriching += [kind for name, kind in KINDS.items() if name not in known]
    if enriching:
        yield ENRICHING, enriching
