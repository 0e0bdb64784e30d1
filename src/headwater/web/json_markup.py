"""JSON as people read it: indented, each kind of value in a colour of its own."""

import re
from typing import Final

import msgspec
from markupsafe import Markup, escape

_TOKEN: Final = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")(?P<key>\s*:)?|(?P<word>\b(?:true|false|null)\b)'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
)


def json_markup(value: object) -> Markup:
    """The value as HTML that colours keys, texts, numbers and words."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    parts: list[str] = []
    at = 0
    for token in _TOKEN.finditer(text):
        parts.append(str(escape(text[at : token.start()])))
        parts.append(_coloured(token))
        at = token.end()
    parts.append(str(escape(text[at:])))
    return Markup("".join(parts))  # noqa: S704 - every part is escaped above


def _coloured(token: re.Match[str]) -> str:
    kind = "key" if token["key"] else token.lastgroup
    said = token["text"] or token["word"] or token["number"]
    return f'<span class="json-{kind}">{escape(said)}</span>{token["key"] or ""}'
