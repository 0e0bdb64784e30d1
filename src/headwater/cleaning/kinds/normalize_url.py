"""Write addresses of pages in one way, and take what tracks people out of their queries.

The scheme and the host become lower case, a port that says nothing goes, and so do the query's
parameters that `strip` names. With `campaign` on, the `utm_` parameters and click ids (`gclid`,
`fbclid`, …) go to `context.campaign` first, as Segment names them; what is there already stays.
"""

from functools import lru_cache
from typing import Annotated, Any, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Meta

from headwater.cleaning.campaigns import LONGEST, STRIPPED, campaign_reader
from headwater.cleaning.enrichment.read_campaign import put_campaign
from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Path
from headwater.fql import globs
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, changer, reader

_PORTS: Final = {"http": ":80", "https": ":443"}


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Annotated[
        list[Path], Meta(min_length=1, max_length=50, description="The members that have URLs.")
    ] = msgspec.field(default_factory=lambda: ["context.page.url"])
    strip: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(max_length=200, description="The parameters to strip, as globs."),
    ] = msgspec.field(default_factory=lambda: list(STRIPPED))
    campaign: Annotated[bool, Meta(description="Whether they go to `context.campaign` first.")] = (
        True
    )
    fragment: Annotated[bool, Meta(description="Whether to keep what follows a `#`.")] = True


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path or glob."""
    strips = [globs.matcher(glob) for glob in settings.strip]
    places = [(reader(path), changer(path)) for path in settings.paths]
    takes_campaign, keeps_fragment = settings.campaign, settings.fragment
    campaign_of = campaign_reader()

    @lru_cache(maxsize=4096)
    def is_stripped(name: str) -> bool:
        return any(each(name) for each in strips)

    @lru_cache(maxsize=4096)
    def stripped(url: str) -> str:
        return tidied(url, is_stripped, keeps_fragment)

    def decide(event: Event) -> bool:
        is_touched = False
        for read, change_at in places:
            url = read(event)
            if url is GONE:
                continue
            if takes_campaign and type(url) is str and "://" in url:
                found = campaign_of(url)
                is_touched |= bool(found) and put_campaign(event, found)
            is_touched |= change_at(event, lambda old: stripped(old) if type(old) is str else old)
        return is_touched

    return decide


def tidied(url: str, is_stripped: Any, keeps_fragment: bool = True) -> str:
    """The URL in its one form; a text that is none comes back as it is."""
    if len(url) > LONGEST or "://" not in url:
        return url
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        return url
    login, at, host = parts.netloc.rpartition("@")
    host = host.lower().removesuffix(_PORTS[scheme])
    kept = [
        pair for pair in parts.query.split("&") if not is_stripped(pair.partition("=")[0].lower())
    ]
    fragment = parts.fragment if keeps_fragment else ""
    return urlunsplit((scheme, f"{login}{at}{host}", parts.path, "&".join(kept), fragment))


KIND = Kind("normalize_url", __doc__, Settings, compiled, {"paths": ["context.page.url"]})
