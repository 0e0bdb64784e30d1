"""Leave out what robots send: crawlers, monitors and programs of data centres.

The user agent is looked up in the open list of the package `crawler-user-agents` (MIT), and in our
own of monitors, headless browsers and HTTP clients (`cleaning/data/automation.toml`, which says
where each is from).

Data centres are told by `context.ip`: with `database`, a file of networks in MaxMind's format (such
as `GeoLite2-ASN.mmdb`) in the server's folder of such files (`geoip_dir`), by the open list of
networks that rent servers (`cleaning/data/hosting.toml`) and the numbers in `asns`; and by the
ranges in `networks`. The list names no network that people browse by, such as a VPN's.
"""

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Annotated, Final

import msgspec
from crawleruseragents import CRAWLER_PATTERNS
from msgspec import Meta

from headwater.cleaning.actions import EventAction, on_event
from headwater.cleaning.geoip import FOLDER
from headwater.cleaning.hosting import Hosted
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.networks import Networks, parsed, within
from headwater.cleaning.values import Path
from headwater.fql import globs
from headwater.pipeline.event import Event
from headwater.pipeline.members import reader

LONGEST: Final = 1_000

_Globs = Annotated[list[Annotated[str, Meta(min_length=1, max_length=256)]], Meta(max_length=200)]


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    path: Annotated[Path, Meta(description="Where the user agent is.")] = "context.userAgent"
    clients: Annotated[
        bool, Meta(description="Whether HTTP clients such as curl count as robots.")
    ] = False
    also: Annotated[_Globs, Meta(description="Globs of more user agents that are robots.")] = (
        msgspec.field(default_factory=list)
    )
    never: Annotated[
        _Globs, Meta(description="Globs of user agents that are none, whatever the lists say.")
    ] = msgspec.field(default_factory=list)
    networks: Networks = msgspec.field(default_factory=list)
    database: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9][\w.-]{0,100}\.mmdb)?$",
            description="A file of networks that tells data centres; empty is none.",
        ),
    ] = ""
    asns: Annotated[
        list[Annotated[int, Meta(ge=1, le=4_294_967_295)]],
        Meta(max_length=1_000, description="Numbers of more networks that are data centres."),
    ] = msgspec.field(default_factory=list)
    action: EventAction = "drop"


def require(settings: Settings) -> None:
    """Raise ValueError unless the database is there, if one is named."""
    if settings.database:
        FOLDER.require(settings.database)


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path, glob or network."""
    read, read_address = reader(settings.path), reader("context.ip")
    also = [globs.matcher(glob) for glob in settings.also]
    never = [globs.matcher(glob) for glob in settings.never]
    networks = parsed(settings.networks)
    is_within = within(networks)
    hosted = Hosted(settings.database, settings.asns) if settings.database else None
    deal = on_event(settings.action, rule, "it is from a robot.")

    @lru_cache(maxsize=10_000)
    def is_robot(agent: str) -> bool:
        if any(matches(agent) for matches in never):
            return False
        return any(matches(agent) for matches in also) or is_bot(agent, settings.clients)

    def decide(event: Event) -> Decision:
        agent = read(event)
        if type(agent) is str and agent and is_robot(agent[:LONGEST]):
            return deal(event)
        if networks or hosted is not None:
            address = read_address(event)
            if type(address) is str and (
                is_within(address) or (hosted is not None and hosted.has(address, event.receipt))
            ):
                return deal(event)
        return False

    return decide


def is_bot(agent: str, clients: bool = False) -> bool:
    """Whether a user agent is of a robot that the lists know."""
    robots, programs = _automation()
    # The crawlers' list knows HTTP clients too, which are robots only where that is asked for.
    if programs.search(agent):
        return clients
    return bool(robots.search(agent) or CRAWLER_PATTERNS.case_sensitive.search(agent))


@lru_cache(maxsize=1)
def _automation() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Our own list: the robots, and the HTTP clients."""
    text = resources.files("headwater.cleaning").joinpath("data/automation.toml").read_text("utf-8")
    listed = tomllib.loads(text)
    robots, clients = (
        "|".join(re.escape(each["agent"]) for each in listed[name]) for name in ("robot", "client")
    )
    return re.compile(robots, re.IGNORECASE), re.compile(f"^(?:{clients})", re.IGNORECASE)


KIND = Kind(
    "drop_bots",
    __doc__,
    Settings,
    compiled,
    {"never": ["*MyMonitor/*"]},
    require=require,
)
