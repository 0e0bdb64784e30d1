"""What a sync rule is, and the part of the published configuration that has them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.workspaces.model import Configuration

PART: Final = "syncing"
"""The rules' name in the published configuration."""

EVERY: Final = "*"
"""The name of the rule that all traits have that it does not say otherwise of."""

MOST: Final = 1_000
"""So many rules a workspace may have."""

_LONGEST_DAYS: Final = 36_500


class Subject(StrEnum):
    """What is put together of what the sources say, and the name of its view."""

    PEOPLE = "people"
    """By user id, of identify calls."""
    ORGANIZATIONS = "organizations"
    """By group id, of group calls."""


class Policy(StrEnum):
    """Which of the sources' values wins. What is still even is decided by the newer one, then by
    the order of the sources, then by the source's name."""

    NEWEST = "newest"
    """What was said last."""
    OLDEST = "oldest"
    """What was said first."""
    SOURCE_ORDER = "source_order"
    """That of the first source, in the order of the rule, that has one."""
    MOST_FREQUENT = "most_frequent"
    """What most sources say."""
    LONGEST = "longest"
    """The longest text."""
    LARGEST = "largest"
    """The largest number, the latest time, the last text."""
    SMALLEST = "smallest"
    """The smallest number, the earliest time, the first text."""
    UNION = "union"
    """A list of all that the sources say."""


class Nulls(StrEnum):
    """What an explicit null does."""

    IGNORE = "ignore"
    """Nothing: the value before it stays."""
    WITHDRAW = "withdraw"
    """What the same source said until then counts no more."""
    DELETE = "delete"
    """What any source said until then counts no more."""


class Compare(StrEnum):
    """When two values are the same."""

    AUTO = "auto"
    """As e-mail addresses, telephone numbers or texts, by the trait's name."""
    EXACT = "exact"
    """When nothing differs."""
    TEXT = "text"
    """Without regard to capitals and spaces."""
    EMAIL = "email"
    """Without regard to capitals and any space."""
    PHONE = "phone"
    """By their digits, `00` in front being `+`."""


Slug = Annotated[str, Meta(min_length=1, max_length=200)]
Days = Annotated[int, Meta(ge=0, le=_LONGEST_DAYS)]
Slugs = Annotated[tuple[Slug, ...], Meta(max_length=200)]
SlugDays = Annotated[dict[Slug, Days], Meta(max_length=200)]


class Rule(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is said of a trait. What is not said is as in the rule of every trait, and there as
    in Complete. Sources are named by their slugs."""

    policy: Policy | None = None
    order: Slugs | None = None
    """Sources, the first one first; those not named come after, all alike."""
    exclude: Slugs | None = None
    """Sources whose values do not count."""
    fresh_days: Days | None = None
    """A value that was said so many days before another source's yields to that; 0 is never."""
    source_fresh_days: SlugDays | None = None
    """The same for some sources, in place of `fresh_days`."""
    skip_empty: bool | None = None
    """Whether a text without a letter is no value."""
    nulls: Nulls | None = None
    compare: Compare | None = None


class Complete(msgspec.Struct, frozen=True, rename="camel"):
    """A rule with all that it leaves open filled in."""

    policy: Policy = Policy.NEWEST
    order: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fresh_days: int = 0
    source_fresh_days: dict[str, int] = {}
    skip_empty: bool = True
    nulls: Nulls = Nulls.IGNORE
    compare: Compare = Compare.AUTO


RuleSet = Mapping[str, Rule]
"""The rules of a subject by trait (its column in the warehouse), and EVERY."""


class SyncRule(msgspec.Struct, frozen=True):
    """A rule as it is kept: there is one at most for each trait of a subject."""

    subject: Subject
    trait: str
    rule: Rule
    updated_at: int = 0


class Published(msgspec.Struct, frozen=True):
    """All rules, by workspace and subject."""

    rules: dict[str, dict[Subject, dict[str, Rule]]] = {}


def rules_in(configuration: Configuration | None, workspace_id: str) -> dict[Subject, RuleSet]:
    """The rules of a workspace, as they are published."""
    part = None if configuration is None else configuration.parts.get(PART)
    if part is None:
        return {}
    published = msgspec.json.decode(part, type=Published)
    return dict(published.rules.get(workspace_id, {}))
