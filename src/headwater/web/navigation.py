"""The places of the console: its menu, its shortcuts, and what the command palette offers."""

from typing import Final

import msgspec

from headwater.access.model import Access, OnSome, Rule
from headwater.access.permissions import Permission


def N_(text: str) -> str:  # noqa: N802 - the name that Babel's extractor knows
    """Marks a text for translation where it is written; it is translated where it is shown."""
    return text


class Place(msgspec.Struct, frozen=True):
    """A page in the menu: `key` after `g` leads there; `access` says who sees it."""

    path: str
    label: str
    icon: str
    key: str
    access: Rule = Access.MEMBER


class Section(msgspec.Struct, frozen=True):
    """Places under one heading; the first section has none."""

    label: str
    places: tuple[Place, ...]


ASK: Final = (Permission.WAREHOUSE_READ, Permission.PII_READ)
"""What asking the warehouse takes."""

SECTIONS: Final = (
    Section("", (Place("/", N_("Overview"), "home", "o"),)),
    Section(
        N_("Data"),
        (
            Place("/sources", N_("Sources"), "source", "s", OnSome(Permission.SOURCE_READ)),
            Place("/events", N_("Events"), "event", "e", OnSome(Permission.SOURCE_READ)),
            Place("/quarantine", N_("Quarantine"), "shield", "q", OnSome(Permission.SOURCE_READ)),
        ),
    ),
    Section(
        N_("Warehouse"),
        (
            Place("/warehouse", N_("Tables"), "table", "w", OnSome(Permission.WAREHOUSE_READ)),
            Place("/sql", N_("SQL"), "terminal", "l", ASK),
        ),
    ),
    Section(
        N_("Workspace"),
        (
            Place("/audit", N_("Audit log"), "history", "a", Permission.AUDIT_READ),
            Place("/health-page", N_("Health"), "pulse", "h", Permission.WORKSPACE_READ),
            Place("/settings", N_("Settings"), "settings", ","),
        ),
    ),
)


class SubPlace(msgspec.Struct, frozen=True):
    """A page below one of the menu, which the command palette offers."""

    path: str
    label: str
    group: str
    access: Rule = Access.MEMBER


SUBPLACES: Final[tuple[SubPlace, ...]] = (
    SubPlace("/settings/me", N_("Your account"), N_("Settings")),
    SubPlace("/settings/about", N_("About Headwater"), N_("Settings")),
    SubPlace("/styleguide", N_("Styleguide"), N_("Settings")),
)
