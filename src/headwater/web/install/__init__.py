"""How events get here: for each language its code, with the write key and this server's address.

One file below `languages/` describes one language; adding one is adding its file.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from headwater.tracker.snippet import snippet, tag
from headwater.workspaces.model import Source, SourceType

FOLDER: Final = Path(__file__).parent / "languages"

Act = Literal["install", "add", "load", "send", "address", "export", "look", "map", "import"]
"""What a step is for: the template says it in the visitor's language."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to copy, and where it goes. `file` names the place, where there is a usual one."""

    act: Act
    syntax: str
    code: str
    file: str = ""


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way of sending events. `position` orders them; those with the lowest come first.

    `needs_https` says that the library speaks nothing else.
    """

    id: str = ""
    label: str
    kinds: frozenset[SourceType]
    position: int
    needs_https: bool = False
    docs: str = ""
    steps: tuple[Step, ...]


class Place(msgspec.Struct, frozen=True):
    """Where a source's events go: the server's address as its senders reach it, and the key."""

    url: str
    source: Source
    write_key: str

    def fill(self, text: str) -> str:
        """The text with `@URL@`, `@HOST@`, `@SCHEME@`, `@IS_HTTPS@`, `@KEY@`, `@SLUG@` and the
        tracker's `@SNIPPET@` and `@TAG@` in place."""
        address = urlsplit(self.url)
        for name, value in (
            ("@URL@", self.url),
            ("@HOST@", address.netloc),
            ("@SCHEME@", address.scheme),
            ("@IS_HTTPS@", "true" if address.scheme == "https" else "false"),
            ("@KEY@", self.write_key),
            ("@SLUG@", self.source.slug),
        ):
            text = text.replace(name, value)
        for name, write in (("@SNIPPET@", snippet), ("@TAG@", tag)):
            if name in text:
                text = text.replace(name, write(self.url, self.write_key))
        return text


@cache
def languages() -> Sequence[Language]:
    """Every language, in its order."""
    found = [_read(path) for path in FOLDER.glob("*.toml")]
    return sorted(found, key=lambda each: (each.position, each.id))


def languages_for(kind: SourceType) -> Sequence[Language]:
    """The languages that a kind of source is written in, the likeliest first."""
    return [each for each in languages() if kind in each.kinds]


def filled(language: Language, place: Place) -> Language:
    """The language with the source's own values in its code."""
    steps = tuple(
        msgspec.structs.replace(step, code=place.fill(step.code).strip("\n"))
        for step in language.steps
    )
    return msgspec.structs.replace(language, steps=steps)


def _read(path: Path) -> Language:
    described = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Language)
    return msgspec.structs.replace(described, id=path.stem)
