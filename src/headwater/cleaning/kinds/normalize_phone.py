"""Write phone numbers in one way, E.164: `+8613800138000`.

A number without a country's code is one of `region`. A number that cannot exist stays, or becomes
null.
"""

from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
import phonenumbers
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths

LONGEST: Final = 64


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    region: Annotated[
        str,
        Meta(
            pattern="^([A-Z]{2})?$",
            description="The country of numbers that name none, by its two letters.",
        ),
    ] = ""
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path, and for a region that there is not."""
    region = settings.region
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"region: there is no country {region!r}")

    def normalize(value: Any) -> Any:
        if type(value) is int:
            value = str(value)
        return e164(value, region) if type(value) is str else value

    return on_paths(settings.paths, of_values(normalize, settings.otherwise))


@lru_cache(maxsize=4096)
def e164(text: str, region: str = "") -> str | None:
    """The number in E.164; None where it is no number that can exist.

    >>> e164("138 0013 8000", "CN"), e164("+1 (650) 253-0000"), e164("12")
    ('+8613800138000', '+16502530000', None)
    """
    if len(text) > LONGEST:
        return None
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


KIND = Kind(
    "normalize_phone", __doc__, Settings, compiled, {"paths": ["traits.phone"], "region": "CN"}
)
