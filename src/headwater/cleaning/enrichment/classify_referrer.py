"""Say how people came to a page, into `context.referrer`: its `type`, and the site's `name`.

| type | |
| --- | --- |
| `paid` | the campaign's medium is one that is paid for, or there is the id of a paid click |
| `email`, `social`, `search` | by the campaign's medium, or by the referring site |
| `internal` | from a page of the same site, or of `internal` |
| `referral` | from any other site, or by a campaign without a referring page |
| `direct` | neither |

Sites are those of the open list (`cleaning/data/referrers.toml`), 百度, 微信, 微博, 抖音 and 小红书
as much as Google and Facebook; `sites` adds yours. The campaign is the one that the event has in
`context.campaign`, or else in the page's address. An event without `context.page` is left alone.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.campaigns import LONGEST, PAID, campaign_reader
from headwater.cleaning.enrichment.context import Overwrite, put
from headwater.cleaning.model import Decide, Kind, Making, Phase
from headwater.fql import globs
from headwater.pipeline.event import Event

Type = Literal["search", "social", "email", "referral"]
Known = tuple[str, str]
"""A type, and a site's name."""

_HOST: Final = re.compile(r"\s*[A-Za-z][\w+.-]*://(?:[^/?#\\]*@)?(\[[^\]/?#]*\]|[^/?#:\\]*)")
_SECONDS: Final = frozenset(("co", "com", "ne", "net", "or", "org"))
_TYPES: Final[tuple[Type, ...]] = ("search", "social", "email")


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site that people come from."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    type: Type
    name: Annotated[str, Meta(max_length=100)] = ""


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    internal: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=256)]],
        Meta(max_length=200, description="Globs of hosts that are yours too: `*.example.com`."),
    ] = msgspec.field(default_factory=list)
    sites: Annotated[
        list[Site], Meta(max_length=500, description="More sites: each a `host`, `type`, `name`.")
    ] = msgspec.field(default_factory=list)
    overwrite: Overwrite = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad glob."""
    internal = [globs.matcher(glob.lower()) for glob in settings.internal]
    known_site = _sites({site.host.lower(): (site.type, site.name) for site in settings.sites})
    campaign_of = campaign_reader()
    overwrites = settings.overwrite

    @lru_cache(maxsize=10_000)
    def site_of(host: str, page: str) -> Known:
        """What a referring host is, seen from a page's."""
        if _is_same(host, page) or any(matches(host) for matches in internal):
            return "internal", ""
        return known_site(host) or ("referral", host)

    def decide(event: Event) -> bool:
        page = event.context.get("page")
        if type(page) is not dict:
            return False
        url = page.get("url")
        url = url if type(url) is str else ""
        campaign = event.context.get("campaign")
        if type(campaign) is not dict:
            campaign = campaign_of(url)
        referrer = page.get("referrer")
        host = host_of(referrer) if type(referrer) is str and referrer else ""
        site = site_of(host, host_of(url)) if host else None
        found = _by_campaign(campaign, site) if campaign else None
        kind, name = found or site or ("direct", "")
        members = {"type": kind, "name": name} if name else {"type": kind}
        return put(event, "referrer", members, overwrites)

    return decide


def _by_campaign(campaign: Mapping[str, Any], site: Known | None) -> Known | None:
    """What a campaign says of how people came; None where the site decides."""
    source = campaign.get("source")
    name = site[1] if site and site[0] != "internal" else source if type(source) is str else ""
    for click_id, network in PAID.items():
        if click_id in campaign:
            return "paid", name or network
    medium = campaign.get("medium")
    kind = media().get(medium.strip().lower()) if type(medium) is str else None
    if kind is not None:
        return kind, name
    return None if site or not name else ("referral", name)


@lru_cache(maxsize=10_000)
def host_of(url: str) -> str:
    """The host of an address, in lower case; empty where there is none.

    >>> host_of("https://www.Example.com:443/a")
    'www.example.com'
    """
    found = _HOST.match(url[:LONGEST])
    return "" if found is None else found[1].lower()


def _is_same(host: str, page: str) -> bool:
    """Whether two hosts are one site: the same, or one within the other."""
    host, page = host.removeprefix("www."), page.removeprefix("www.")
    return bool(page) and (host == page or host.endswith(f".{page}") or page.endswith(f".{host}"))


def _sites(more: Mapping[str, Known]) -> Callable[[str], Known | None]:
    """The function that knows a host: the longest name that fits counts."""
    known = {**_listed(), **more}

    def site_of(host: str) -> Known | None:
        labels = host.split(".")
        for start in range(len(labels)):
            found = known.get(".".join(labels[start:]))
            if found is None and _is_ending(labels[start + 1 :]):
                found = known.get(f"{labels[start]}.*")
            if found is not None:
                return found
        return None

    return site_of


def _is_ending(labels: list[str]) -> bool:
    """Whether this is how addresses of a country end, such as `de` and `co.uk`, or `com`."""
    if len(labels) == 2:
        return labels[0] in _SECONDS and len(labels[1]) == 2
    return len(labels) == 1 and 2 <= len(labels[0]) <= 3


def _list() -> Mapping[str, Any]:
    text = resources.files("headwater.cleaning").joinpath("data/referrers.toml").read_text("utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=1)
def _listed() -> Mapping[str, Known]:
    listed = _list()
    return {
        host: (kind, name)
        for kind in _TYPES
        for name, hosts in listed[kind].items()
        for host in hosts
    }


@lru_cache(maxsize=1)
def media() -> Mapping[str, str]:
    """What kind of way a campaign's medium is, for each that is listed."""
    return {medium: kind for kind, media in _list()["media"].items() for medium in media}


KIND = Kind(
    "classify_referrer", __doc__, Settings, compiled, {"internal": ["*.example.com"]}, Phase.ENRICH
)
