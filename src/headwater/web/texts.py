"""`python -m headwater.web.texts`: which texts of the console lack a translation, or need none.

Prints what is missing as lines to put into a catalogue, and what no page uses any more.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from babel.messages.extract import extract
from jinja2.ext import babel_extract

from headwater.access.roles import ROLES
from headwater.settings import options
from headwater.web.setting_words import declared
from headwater.web.translation import FOLDER, LANGUAGES, catalogues, merged

WEB: Final = Path(__file__).parent
_KEYWORDS: Final = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_JINJA: Final = {"trimmed": "true", "silent": "false", "trim_blocks": "1", "lstrip_blocks": "1"}
_PLACES: Final = re.compile(r"%\((\w+)\)[sd]")


class Text(msgspec.Struct, frozen=True):
    """An English text and where it is used first."""

    english: str
    many: str
    where: str


def used() -> dict[str, Text]:
    """Every text of the templates and of the code, by its English."""
    found: dict[str, Text] = {}
    for path in sorted([*WEB.rglob("*.html"), *WEB.rglob("*.py")]):
        where = path.relative_to(WEB).as_posix()
        for line, english, many in _texts(path):
            found.setdefault(english, Text(english, many, f"{where}:{line}"))
    for where, english in _declared():
        found.setdefault(english, Text(english, "", where))
    return found


def _declared() -> Iterator[tuple[str, str]]:
    """Texts that pages show and other packages declare."""
    for row in ROLES.values():
        yield "access/roles.py", row.name
    for option in options():
        yield "settings.py", option.description
    yield from declared()


def faults(locale: str) -> Iterator[str]:
    """What is wrong with a locale's catalogues, a line for each; missing texts come as entries."""
    found = catalogues(locale)
    said = {english: each for (context, english), each in merged(found).items() if not context}
    wanted = used()
    for name, catalog in found.items():
        for message in catalog:
            english = message.id[0] if isinstance(message.id, tuple | list) else message.id
            if not english:
                continue
            if message.fuzzy:
                yield f"fuzzy, {name}.po: {english!r}"
            if not message.context and english not in wanted:
                yield f"no longer used, {name}.po: {english!r}"
            strings = message.string
            here = strings if isinstance(strings, str) else (strings or ("",))[0]
            if not message.context and here and here != said.get(english, (here,))[0]:
                yield f"said in two ways, {name}.po: {english!r}"
    for english, text in wanted.items():
        if english not in said:
            yield _entry(text)
        elif any(set(_PLACES.findall(each)) - _named(text) for each in said[english]):
            yield f"names what the English does not: {english!r}"


def _named(text: Text) -> set[str]:
    return set(_PLACES.findall(text.english + text.many))


def _texts(path: Path) -> Iterator[tuple[int, str, str]]:
    with path.open("rb") as file:
        if path.suffix == ".html":
            rows = babel_extract(file, list(_KEYWORDS), [], _JINJA)
            yield from ((line, *_one_and_many(said)) for line, _, said, _ in rows if _literal(said))
        else:
            for line, said, _, _ in extract("python", file, _KEYWORDS, options={}):
                yield (line, *_one_and_many(said))


def _literal(said: object) -> bool:
    first = said[0] if isinstance(said, tuple) and said else said
    return isinstance(first, str) and bool(first)


def _one_and_many(said: object) -> tuple[str, str]:
    if isinstance(said, tuple):
        texts = [each for each in said if isinstance(each, str)]
        return texts[0], texts[1] if len(texts) > 1 else ""
    return str(said), ""


def _entry(text: Text) -> str:
    lines = [f"#: {text.where}", f"msgid {_quoted(text.english)}"]
    if text.many:
        return "\n".join([*lines, f"msgid_plural {_quoted(text.many)}", 'msgstr[0] ""', ""])
    return "\n".join([*lines, 'msgstr ""', ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def main() -> int:
    """Print the faults of every language. Returns 1 where there are any."""
    count = 0
    for locale in LANGUAGES:
        if (FOLDER / locale).is_dir():
            for fault in faults(locale):
                count += 1
                sys.stdout.write(f"{fault}\n")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
