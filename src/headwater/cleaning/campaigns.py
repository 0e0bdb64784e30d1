"""What an address says of the campaign that somebody comes from: parameters, and ids of clicks.

The list is `data/campaigns.toml`.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Final
from urllib.parse import unquote_plus

LONGEST: Final = 8192
"""Characters of an address that are looked at."""
_MOST_PARAMETERS: Final = 200
_MOST_MEMBERS: Final = 40
_UTM: Final = "utm_"

_LISTED: Final[Mapping[str, Any]] = tomllib.loads(
    resources.files("headwater.cleaning").joinpath("data/campaigns.toml").read_text("utf-8")
)
MEMBERS: Final[Mapping[str, str]] = _LISTED["members"]
CLICK_IDS: Final[tuple[str, ...]] = tuple(_LISTED["click_ids"])
PAID: Final[Mapping[str, str]] = {
    name: each["network"] for name, each in _LISTED["click_ids"].items() if each.get("paid")
}
"""The networks of click ids that only a paid click has."""
STRIPPED: Final[tuple[str, ...]] = (
    *_LISTED["stripped"]["names"],
    *(name for name, each in _LISTED["click_ids"].items() if not each.get("common")),
)
"""Globs of parameters that say nothing of a page."""

Read = Callable[[str], dict[str, str]]


def campaign_reader(more: Sequence[str] = ()) -> Read:
    """The function that reads the campaign of an address or a query: the members of
    `context.campaign`, none where it says nothing. `more` are names of more click ids."""
    click_ids = frozenset(CLICK_IDS).union(name.lower() for name in more)
    names = "|".join(re.escape(name) for name in sorted({*MEMBERS, *click_ids}))
    says_something = re.compile(rf"(?:^|[?&#])(?:utm_\w+|{names})=[^&#]", re.IGNORECASE).search

    def read(address: str) -> dict[str, str]:
        if says_something(address) is None or len(address) > LONGEST:
            return {}
        found: dict[str, str] = {}
        for parameter in _parameters(address):
            name, _, value = parameter.partition("=")
            member = _member(name.lower(), click_ids) if value else ""
            if member and member not in found and len(found) < _MOST_MEMBERS:
                found[member] = unquote_plus(value)
        return found

    return read


def _parameters(address: str) -> list[str]:
    """Those of the query, and those of a fragment that has one, as pages of one script do."""
    page, _, fragment = address.partition("#")
    found = []
    for part in (page, fragment):
        before, mark, after = part.partition("?")
        found += (after if mark else before).split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS]
    return found


def _member(name: str, click_ids: frozenset[str]) -> str:
    known = MEMBERS.get(name)
    if known is not None:
        return known
    if name.startswith(_UTM):
        return name[len(_UTM) :]
    return name if name in click_ids else ""
