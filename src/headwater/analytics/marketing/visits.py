"""How people came: the visits that page views make, and what each is known by.

A visit begins with a page view after half an hour without one, or with one that names another
campaign than the page view before it and than the first of the half hour, which somebody who goes
back comes to again. It is known by its first page view.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import reduce
from typing import Any, Final

from headwater.analytics.lazily import ibis
from headwater.cleaning.campaigns import CLICK_IDS, PAID
from headwater.cleaning.enrichment.classify_referrer import media

NONE: Final = "(none)"
"""What is shown where a visit says nothing of what is asked."""
DIRECT: Final = "direct"
QUIET_SECONDS: Final = 30 * 60
_INTERNAL: Final = "internal"


class By(StrEnum):
    """What visits can be told apart by."""

    CHANNEL = "channel"
    """paid, email, social, search, referral, direct"""
    SOURCE = "source"
    MEDIUM = "medium"
    SOURCE_MEDIUM = "source_medium"
    CAMPAIGN = "campaign"
    TERM = "term"
    CONTENT = "content"
    REFERRER = "referrer"
    LANDING_PAGE = "landing_page"
    CLICK_ID = "click_id"
    """The advertiser's parameter that the address had: gclid, fbclid, msclkid, bd_vid, …"""


MEMBERS: Final[Mapping[str, str]] = {
    "source": "context_campaign_source",
    "medium": "context_campaign_medium",
    "campaign": "context_campaign_name",
    "term": "context_campaign_term",
    "content": "context_campaign_content",
    "kind": "context_referrer_type",
    "site": "context_referrer_name",
    "path": "context_page_path",
}
"""The columns that are looked at, by what they are called here."""
CLICKS: Final[Mapping[str, str]] = {name: f"context_campaign_{name}" for name in CLICK_IDS}
"""Those of click ids: a workspace has few of them."""


def visits(pages: Any, by: By) -> Any:
    """One row for each visit: `person`, `at`, `key`. `pages` has `person`, `at`, `id`, a text for
    each of MEMBERS, and one for each click id that there is."""
    told = pages.mutate(click=_click(pages))
    told = told.mutate(tag=_tag(told))
    mine = ibis.window(group_by="person", order_by=["at", "id"])
    told = told.mutate(
        quiet=told.at.epoch_seconds() - told.at.lag().over(mine).epoch_seconds(),
        before=told.tag.lag().over(mine),
    )
    told = told.mutate(starts=told.quiet.isnull() | (told.quiet > QUIET_SECONDS))
    so_far = ibis.cumulative_window(group_by="person", order_by=["at", "id"])
    told = told.mutate(stretch=told.starts.ifelse(1, 0).sum().over(so_far))
    within = ibis.window(group_by=["person", "stretch"], order_by=["at", "id"])
    told = told.mutate(first=told.tag.first().over(within))
    changes = (told.tag != "") & (told.tag != told.before) & (told.tag != told.first)
    begun = told.filter(told.starts | changes)
    return begun.select("person", "at", key=key_of(begun, by))


def _tag(pages: Any) -> Any:
    """What a page view says of its campaign, as one text; empty where it says nothing."""
    names = ("source", "medium", "campaign", "content", "click")
    first, *rest = (pages[name].fill_null("") for name in names)
    return reduce(lambda one, other: one + other, rest, first)


def _click(pages: Any, names: Iterable[str] = CLICK_IDS) -> Any:
    """The first of the click ids that a page view has; null where it has none."""
    has = [(pages[name].fill_null("") != "", name) for name in names if name in pages.columns]
    return ibis.cases(*has) if has else ibis.null("string")


def key_of(told: Any, by: By) -> Any:
    """What a visit is known by."""
    if by is By.CHANNEL:
        return _channel(told)
    if by is By.SOURCE:
        return _said(told.source, told.site).fill_null(DIRECT)
    if by is By.SOURCE_MEDIUM:
        source = _said(told.source, told.site).fill_null(DIRECT)
        return source + " / " + _said(told.medium).fill_null(NONE)
    names = {By.REFERRER: "site", By.LANDING_PAGE: "path", By.CLICK_ID: "click"}
    return _said(told[names.get(by, by.value)]).fill_null(NONE)


def _said(*texts: Any) -> Any:
    """The first text that is not empty."""
    return ibis.coalesce(*[text.strip().nullif("") for text in texts])


def _channel(told: Any) -> Any:
    """As the enrichment `classify_referrer` has it; where a source has no such rule, by the same
    lists from the campaign alone."""
    kinds: dict[str, list[str]] = {}
    for medium, kind in media().items():
        kinds.setdefault(kind, []).append(medium)
    known, medium = _said(told.kind), told.medium.strip().lower()
    return ibis.cases(
        (known.notnull() & (known != _INTERNAL), known),
        (_click(told, PAID).notnull(), "paid"),
        *[(medium.isin(names), kind) for kind, names in kinds.items()],
        (_said(told.source, told.campaign).notnull(), "referral"),
        else_=DIRECT,
    )
