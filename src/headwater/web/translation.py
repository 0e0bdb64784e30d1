"""The console's languages: catalogues of Chinese texts, one file per noun, merged when first used.

English is the language of the templates and of the code. `locales/zh_CN/<noun>.po` translates it;
two files may hold the same text, if they say the same. Texts with the context `problem` are those
of errors: their `{}` stand for whatever the error names.
"""

import gettext
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final, Protocol, cast

from babel import Locale, negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}
"""The languages by their locale, each in its own words."""

DEFAULT: Final = "en"
FOLDER: Final = Path(__file__).parent / "locales"
PROBLEM: Final = "problem"


class Translator(Protocol):
    """What turns English texts into those of one language."""

    def gettext(self, text: str, /) -> str: ...
    def ngettext(self, one: str, many: str, count: int, /) -> str: ...
    def pgettext(self, context: str, text: str, /) -> str: ...
    def npgettext(self, context: str, one: str, many: str, count: int, /) -> str: ...
    def problem(self, text: str, /) -> str: ...


class _English(gettext.NullTranslations):
    def problem(self, text: str) -> str:
        return text


class _Catalogue(gettext.NullTranslations):
    """The texts of one language; what is missing stays English."""

    def __init__(self, texts: dict[tuple[str, str], tuple[str, ...]]) -> None:
        super().__init__()
        self._texts = texts
        # Where several fit, the one that says the most itself is meant.
        known = sorted((text for context, text in texts if context), key=len, reverse=True)
        self._problems = [(_pattern(text), texts[PROBLEM, text][0]) for text in known]

    def gettext(self, message: str) -> str:
        return self.pgettext("", message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.npgettext("", msgid1, msgid2, n)

    def pgettext(self, context: str, message: str) -> str:
        return self._texts.get((context, message), (message,))[0]

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        # Chinese has one form for every number.
        said = self._texts.get((context, msgid1))
        return said[0] if said else (msgid1 if n == 1 else msgid2)

    def problem(self, text: str) -> str:
        for pattern, said in self._problems:
            if found := pattern.fullmatch(text):
                return said.format(*map(self.problem, found.groups()))
        return text


@cache
def translator(locale: str) -> Translator:
    """The translator of a locale of `LANGUAGES`."""
    if locale == DEFAULT:
        return cast("Translator", _English())
    return cast("Translator", _Catalogue(merged(catalogues(locale))))


def catalogues(locale: str) -> dict[str, Catalog]:
    """The catalogues of a locale by the file's name."""
    found = {}
    for path in sorted((FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale=locale)
    return found


def merged(found: dict[str, Catalog]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The texts of all catalogues by context and English text."""
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    for catalog in found.values():
        for message in catalog:
            if not message.id or message.fuzzy:
                continue
            english = message.id[0] if isinstance(message.id, tuple | list) else message.id
            said = message.string if isinstance(message.string, tuple | list) else [message.string]
            if said and said[0]:
                texts[message.context or "", english] = tuple(str(each) for each in said)
    return texts


def choose(*wishes: str, accepted: str = "") -> str:
    """The first wish that is a language of ours, else the best of an Accept-Language header."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    known = [*LANGUAGES, "zh_Hans_CN", "zh_Hans", "zh"]
    best = negotiate_locale(list(_by_weight(accepted)), known, sep="_") or DEFAULT
    return "zh_CN" if best.startswith("zh") else best


@cache
def babel_locale(locale: str) -> Locale:
    """Babel's rules of writing numbers and times in a locale."""
    return Locale.parse(locale)


def _by_weight(accepted: str) -> Iterable[str]:
    weighed = []
    for part in accepted[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), name.replace("-", "_")))
        except ValueError:
            continue
    return [name for weight, name in sorted(weighed, key=lambda each: each[0]) if weight < 0]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in text.split("{}")), re.DOTALL)
