"""Say where an event's address is, by a GeoIP database of your own in MaxMind's format.

A file such as `GeoLite2-City.mmdb`, from MaxMind, DB-IP or IPinfo under their terms, lies in the
server's folder of such files (`geoip_dir`; `geoip` in the data folder if not set). It is opened
again when it has changed. Headwater has none of its own, and asks nobody.

Databases of cities and countries fill `context.location`: `country`, `countryCode`, `region`,
`regionCode`, `city`, `postalCode`, `latitude`, `longitude` and `timezone`, as much as they know and
`detail` lets through; those of networks fill `asn`, `organization`, `isp` and `connectionType` of
`context.network`. What was sent stays. Where the file is missing, events go on without.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.enrichment.context import Overwrite, put
from headwater.cleaning.geoip import FOLDER
from headwater.cleaning.model import Decide, Kind, Making, Phase
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import reader

Parts = tuple[tuple[str, Mapping[str, Any]], ...]
"""By the name of a part of the context: its members."""

_COUNTRY: Final = ("country", "countryCode")
_REGION: Final = (*_COUNTRY, "region", "regionCode", "timezone")
_LONGEST_ADDRESS: Final = 60


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    database: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][\w.-]{0,100}\.mmdb$",
            description="The file's name in the folder of databases.",
        ),
    ]
    path: Annotated[Path, Meta(description="Where the address is.")] = "context.ip"
    detail: Annotated[
        Literal["city", "region", "country"], Meta(description="How exactly to say where it is.")
    ] = "city"
    language: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z]{2}(-[A-Za-z]{2})?$",
            description="The language of names, such as `zh-CN`; English where there is none.",
        ),
    ] = "en"
    overwrite: Overwrite = False


def require(settings: Settings) -> None:
    """Raise ValueError unless the database is there."""
    FOLDER.require(settings.database)


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    read = reader(settings.path)
    database = FOLDER.database(settings.database)
    detail, language, overwrites = settings.detail, settings.language, settings.overwrite
    receipt: Any = None

    @lru_cache(maxsize=10_000)
    def parts_of(address: str, generation: int) -> Parts:  # noqa: ARG001
        return parts(database.find(address), detail, language)

    def decide(event: Event) -> bool:
        nonlocal receipt
        address = read(event)
        if type(address) is not str or len(address) > _LONGEST_ADDRESS:
            return False
        if event.receipt is not receipt:  # once for each request
            receipt = event.receipt
            database.refresh()
        is_touched = False
        for name, members in parts_of(address, database.generation):
            is_touched |= put(event, name, members, overwrites)
        return is_touched

    return decide


def parts(found: Mapping[str, Any], detail: str, language: str) -> Parts:
    """What a database says of an address, by our names."""
    made = {"location": _location(found, detail, language), "network": _network(found)}
    return tuple((name, members) for name, members in made.items() if members)


def _location(found: Mapping[str, Any], detail: str, language: str) -> dict[str, Any]:
    country = _object(found.get("country")) or _object(found.get("registered_country"))
    regions = found.get("subdivisions")
    region = _object(regions[0]) if isinstance(regions, list) and regions else {}
    place = _object(found.get("location"))
    location = {
        "country": _name(country, language),
        "countryCode": country.get("iso_code"),
        "region": _name(region, language),
        "regionCode": region.get("iso_code"),
        "timezone": place.get("time_zone"),
        "city": _name(_object(found.get("city")), language),
        "postalCode": _object(found.get("postal")).get("code"),
        "latitude": place.get("latitude"),
        "longitude": place.get("longitude"),
    }
    if isinstance(found.get("country"), str):  # flat databases, such as IPinfo's
        location["country"] = found.get("country_name") or found["country"]
        location["countryCode"] = found.get("country_code") or found["country"]
    shown = {"country": _COUNTRY, "region": _REGION}.get(detail, tuple(location))
    return {name: location[name] for name in shown if location[name] is not None}


def _network(found: Mapping[str, Any]) -> dict[str, Any]:
    network = {
        "asn": found.get("autonomous_system_number"),
        "organization": found.get("autonomous_system_organization") or found.get("organization"),
        "isp": found.get("isp"),
        "connectionType": found.get("connection_type"),
    }
    return {name: value for name, value in network.items() if value is not None}


def _name(place: Mapping[str, Any], language: str) -> Any:
    names = _object(place.get("names"))
    return names.get(language) or names.get("en")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


KIND = Kind(
    "locate_ip",
    __doc__,
    Settings,
    compiled,
    {"database": "GeoLite2-City.mmdb", "language": "zh-CN"},
    Phase.ENRICH,
    require,
)
