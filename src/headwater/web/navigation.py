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

WHAT_IF: Final = (Permission.PLAN_READ, Permission.SOURCE_READ, Permission.PII_READ)
"""What trying changes takes: it shows events."""

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
        N_("Govern"),
        (
            Place("/govern", N_("Steps"), "water", "g", Permission.PLAN_READ),
            Place("/rules", N_("Cleaning rules"), "filter", "r", Permission.PLAN_READ),
            Place("/plans", N_("Tracking plans"), "book", "p", Permission.PLAN_READ),
            Place("/transformations", N_("Transformations"), "edit", "t", Permission.PLAN_READ),
            Place(
                "/functions",
                N_("Functions"),
                "terminal",
                "f",
                OnSome(Permission.FUNCTION_READ),
            ),
            Place("/sync", N_("Sync rules"), "users", "m", Permission.PLAN_READ),
            Place("/replays", N_("Replays"), "refresh", "y", OnSome(Permission.SOURCE_READ)),
            Place("/what-if", N_("What if"), "play", "i", WHAT_IF),
        ),
    ),
    Section(
        N_("Warehouse"),
        (
            Place("/warehouse", N_("Tables"), "table", "w", OnSome(Permission.WAREHOUSE_READ)),
            Place("/sql", N_("SQL"), "terminal", "l", ASK),
            Place("/analyses", N_("Analyses"), "pulse", "n", ASK),
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
    """A page below one of the menu; the command palette offers it under its `group`."""

    path: str
    label: str
    group: str
    access: Rule = Access.MEMBER


SETTINGS: Final[tuple[SubPlace, ...]] = (
    SubPlace("/settings", N_("General"), N_("Workspace"), Permission.WORKSPACE_READ),
    SubPlace("/settings/members", N_("Members"), N_("Workspace"), Permission.IAM_READ),
    SubPlace("/settings/groups", N_("Groups"), N_("Workspace"), Permission.IAM_READ),
    SubPlace("/settings/tokens", N_("API tokens"), N_("Workspace"), Permission.IAM_ADMIN),
    SubPlace("/settings/labels", N_("Labels"), N_("Workspace"), Permission.WORKSPACE_READ),
    SubPlace("/settings/me", N_("Your account"), N_("You")),
    SubPlace("/settings/sessions", N_("Sessions"), N_("You")),
    SubPlace("/settings/retention", N_("Retention"), N_("Server"), Permission.WORKSPACE_READ),
    SubPlace("/settings/warehouse", N_("Warehouse"), N_("Server"), Permission.WORKSPACE_READ),
    SubPlace("/settings/log", N_("Log"), N_("Server"), Permission.WORKSPACE_READ),
    SubPlace("/settings/email", N_("E-mail"), N_("Server"), Permission.WORKSPACE_READ),
    SubPlace("/settings/server", N_("All options"), N_("Server"), Permission.WORKSPACE_READ),
    SubPlace("/settings/about", N_("About and upgrade"), N_("Server")),
)
SUBPLACES: Final[tuple[SubPlace, ...]] = (
    *SETTINGS,
    SubPlace("/styleguide", N_("Styleguide"), N_("Settings")),
)
