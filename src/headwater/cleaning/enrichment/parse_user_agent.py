"""Tell the browser, the operating system and the device by the user agent.

They go to `context.browser` (`name`, `version`), `context.os` (`name`, `version`) and
`context.device` (`type`, `manufacturer`, `model`): the names that mobile SDKs send by themselves.
A part that an event has already stays as it was sent. The `type` is `desktop`, `mobile`, `tablet`,
`tv`, `console` or `bot`.

User agents are looked up in the open list of `ua-parser` (Apache-2.0). Browsers of today say little
there (`Windows NT 10.0` also on Windows 11, `Android 10; K`): where `context.userAgentData` has
client hints, they are believed instead.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.cleaning.enrichment.context import Overwrite, put
from headwater.cleaning.model import Decide, Kind, Making, Phase
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import reader

LONGEST: Final = 1_000
REMEMBERED: Final = 10_000
"""User agents whose parts are kept."""
_LONGEST_HINT: Final = 100

Parts = tuple[tuple[str, Mapping[str, str]], ...]
"""By the name of a part of the context: its members."""
Hints = tuple[str, str, str]
"""The platform, its version, and the model; empty where not said."""
NO_HINTS: Final[Hints] = ("", "", "")

_OS_NAMES: Final = {"Mac OS X": "macOS", "Mac OS": "macOS"}
_DESKTOPS: Final = frozenset(
    ("Windows", "macOS", "Linux", "Chrome OS", "Ubuntu", "Debian", "Fedora", "FreeBSD", "OpenBSD")
)
_HARMONY: Final = re.compile(r"(?:OpenHarmony|HarmonyOS)(?: (\d+(?:\.\d+)*))?")
_TYPES: Final = (
    ("tv", re.compile(r"smart-?tv|apple ?tv|google ?tv|hbbtv|bravia|\bTV\b|\bAFT[A-Z]+\b", re.I)),
    ("console", re.compile(r"playstation|xbox|nintendo", re.I)),
    ("tablet", re.compile(r"ipad|tablet|kindle|android(?!.*mobi)", re.I)),
    ("mobile", re.compile(r"mobi|iphone|ipod|android|phone", re.I)),
)
_NO_MODELS: Final = frozenset(("K", "Smartphone", "Feature Phone", "Tablet", "Desktop", "Browser"))


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    path: Annotated[Path, Meta(description="Where the user agent is.")] = "context.userAgent"
    hints: Annotated[
        bool, Meta(description="Whether to believe client hints in `context.userAgentData`.")
    ] = True
    overwrite: Overwrite = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    read = reader(settings.path)
    takes_hints, overwrites = settings.hints, settings.overwrite

    def decide(event: Event) -> bool:
        agent = read(event)
        if type(agent) is not str or not agent:
            return False
        hints = event.context.get("userAgentData") if takes_hints else None
        is_touched = False
        for name, members in parts_of(agent[:LONGEST], _hinted(hints) if hints else NO_HINTS):
            is_touched |= put(event, name, members, overwrites)
        return is_touched

    return decide


def _hinted(hints: Any) -> Hints:
    """The hints that say more than the user agent."""
    if type(hints) is not dict:
        return NO_HINTS
    platform, version, model = (
        value[:_LONGEST_HINT] if type(value := hints.get(name)) is str else ""
        for name in ("platform", "platformVersion", "model")
    )
    return platform, version, model


@lru_cache(maxsize=REMEMBERED)
def parts_of(agent: str, hints: Hints = NO_HINTS) -> Parts:
    """What a user agent says, and client hints say more exactly. Nobody may change the answer."""
    from ua_parser import parse  # here, because its list takes a while and memory to read

    found = parse(agent)
    browser = found.user_agent
    os = _os(agent, found.os, hints)
    parts = {
        "browser": {} if browser is None else _named(browser.family, browser),
        "os": os,
        "device": _device(agent, found.device, os.get("name", ""), hints),
    }
    return tuple((name, members) for name, members in parts.items() if members)


def _named(name: str, version: Any) -> dict[str, str]:
    """A name and a version of as many numbers as are known."""
    numbers = []
    for number in (version.major, version.minor, version.patch):
        if number is None:
            break
        numbers.append(number)
    return {"name": name} | ({"version": ".".join(numbers)} if numbers else {})


def _os(agent: str, found: Any, hints: Hints) -> dict[str, str]:
    harmony = _HARMONY.search(agent)
    if harmony is not None:
        return {"name": "HarmonyOS"} | ({"version": harmony[1]} if harmony[1] else {})
    os = {} if found is None else _named(_OS_NAMES.get(found.family, found.family), found)
    platform, version, _ = hints
    if not platform or not version:
        return os
    if platform == "Windows":
        # Windows tells which of its interfaces it has: 13 and more are Windows 11.
        major = version.partition(".")[0]
        is_known = major.isdecimal() and int(major) > 0
        version = ("11" if int(major) >= 13 else "10") if is_known else os.get("version", "")
    return {"name": platform} | ({"version": version} if version else {})


def _device(agent: str, found: Any, os: str, hints: Hints) -> dict[str, str]:
    brand = "" if found is None or found.brand is None else found.brand
    model = "" if found is None or found.model is None else found.model
    device = {"type": _type(agent, brand, os)}
    if brand and brand != "Spider" and not brand.startswith("Generic"):
        device["manufacturer"] = brand
    if hints[2]:
        device["model"] = hints[2]
    elif brand != "Spider" and model not in _NO_MODELS:
        device["model"] = model
    return {name: value for name, value in device.items() if value}


def _type(agent: str, brand: str, os: str) -> str:
    if brand == "Spider":
        return "bot"
    for name, pattern in _TYPES:
        if pattern.search(agent):
            return name
    return "desktop" if os in _DESKTOPS else ""


KIND = Kind("parse_user_agent", __doc__, Settings, compiled, {}, Phase.ENRICH)
