"""Write countries as codes of ISO 3166: `Germany`, `deutschland`, `DEU` and `德国` become `DE`.

Names are known in a dozen languages, with the spellings of Unicode's CLDR.
"""

from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from babel import Locale
from babel.core import get_global
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths

LANGUAGES: Final = (
    *("en", "zh_Hans", "zh_Hant", "de", "fr", "es", "it", "pt", "nl", "ja", "ko", "ru", "ar"),
)
_WITHDRAWN: Final = frozenset({"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"})
_MORE: Final = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "prc": "CN",
    "people's republic of china": "CN",
    "中华人民共和国": "CN",
    "中國": "CN",
    "holland": "NL",
    "korea": "KR",
    "republic of korea": "KR",
    "uae": "AE",
    "czechia": "CZ",
    "viet nam": "VN",
    "russian federation": "RU",
    "香港": "HK",
    "澳门": "MO",
    "台湾": "TW",
    "hong kong": "HK",
    "macau": "MO",
    "macao": "MO",
}


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    form: Annotated[
        Literal["alpha2", "alpha3"], Meta(description="Codes of two letters, or of three.")
    ] = "alpha2"
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    is_long = settings.form == "alpha3"
    longs = _alpha3() if is_long else {}

    def normalize(value: Any) -> Any:
        if type(value) is not str:
            return value
        code = alpha2(value)
        return longs.get(code, code) if code is not None else None

    return on_paths(settings.paths, of_values(normalize, settings.otherwise))


def alpha2(text: str) -> str | None:
    """The country's code of two letters; None where there is no such country.

    >>> alpha2("Deutschland"), alpha2(" usa "), alpha2("中国"), alpha2("Atlantis")
    ('DE', 'US', 'CN', None)
    """
    return _names().get(" ".join(text.split()).casefold())


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    codes = _countries()
    names = {
        name.casefold(): code
        for language in reversed(LANGUAGES)
        for code, name in Locale.parse(language).territories.items()
        if code in codes
    }
    for alias, code in _aliases().items():
        if code in codes and not alias.isdecimal():
            names[alias.casefold()] = code
    return names | _MORE | {code.casefold(): code for code in codes}


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    """The codes of two letters that are countries and not parts of the world or made up."""
    names = map(str, Locale("en").territories)
    return frozenset(
        code
        for code in names
        if len(code) == 2 and code not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB")
    )


@lru_cache(maxsize=1)
def _alpha3() -> dict[str, str]:
    codes = _countries()
    long = (alias for alias in _aliases() if len(alias) == 3 and alias.isalpha())
    return {_aliases()[alias]: alias for alias in long if _aliases()[alias] in codes}


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    """Codes of one country each that CLDR replaces by another, but for withdrawn ones."""
    return {
        str(alias): str(found[0])
        for alias, found in get_global("territory_aliases").items()
        if isinstance(found, list) and len(found) == 1 and alias not in _WITHDRAWN
    }


KIND = Kind("normalize_country", __doc__, Settings, compiled, {"paths": ["traits.address.country"]})
