"""Write languages as BCP 47 has them: `EN_us` becomes `en-US`, `eng` and `English` become `en`."""

from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from babel import Locale
from babel.core import get_global
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths

LONGEST: Final = 64
_IN: Final = ("en", "zh_Hans", "zh_Hant", "de", "fr", "es", "it", "pt", "nl", "ja", "ko", "ru")


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    region: Annotated[bool, Meta(description="Whether to keep the country, as in `pt-BR`.")] = True
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    keeps_region = settings.region

    def normalize(value: Any) -> Any:
        if type(value) is not str:
            return value
        found = tag(value)
        return found if found is None or keeps_region else found.partition("-")[0]

    return on_paths(settings.paths, of_values(normalize, settings.otherwise))


@lru_cache(maxsize=4096)
def tag(text: str) -> str | None:
    """The language's tag; None where there is no such language.

    >>> tag("EN_us"), tag("Chinese"), tag("zh-hans-cn"), tag("简体中文"), tag("klingonese")
    ('en-US', 'zh', 'zh-Hans-CN', 'zh-Hans', None)
    """
    tidy = text.strip()
    if not tidy or len(tidy) > LONGEST:
        return None
    named = _names().get(tidy.casefold())
    if named is not None:
        return named
    language, *parts = tidy.replace("_", "-").partition(".")[0].split("-")
    code = _language(language.lower())
    if code is None or len(parts) > 3:
        return None
    for part in parts:
        if not (part.isascii() and part.isalnum()) or len(part) > 8:
            return None
        code += f"-{_cased(part)}"
    return code


def _cased(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


def _language(code: str) -> str | None:
    code = str(get_global("language_aliases").get(code, code))
    return code.replace("_", "-") if code in Locale("en").languages else None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in reversed(_IN):
        for code, name in Locale.parse(language).languages.items():
            names[str(name).casefold()] = str(code).replace("_", "-")
    for language in map(str, Locale("en").languages):
        if len(language) in (2, 3):
            names.pop(language, None)
    return names


KIND = Kind("normalize_language", __doc__, Settings, compiled, {"paths": ["context.locale"]})
