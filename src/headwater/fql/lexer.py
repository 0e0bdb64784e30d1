"""From text to tokens, each with the column that it begins at."""

import re
from enum import Enum, auto
from typing import Final

import msgspec

from headwater.errors import FqlError

LONGEST_SOURCE: Final = 65_536
"""Characters. A filter that names a few thousand events still fits."""

KEYWORDS: Final = frozenset({"and", "or", "in", "true", "false", "null"})

_PUNCTUATION = re.compile(r"!=|>=|<=|[()\[\],!=<>]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_NUMBER_START = re.compile(r"[+-]?\.?\d")
# An unescaped character of a path's segment: Segment's set, and letters of every script.
_PATH = re.compile(r"(?:[\w$-]|\\.)+(?:\.(?:[\w$-]|\\.)+)*", re.DOTALL)
_SEGMENT_PARTS = re.compile(r"\\(.)|(\.)|([^\\.]+)", re.DOTALL)
_QUOTED = {
    quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "\"'"
}
_ESCAPED = {quote: re.compile(rf"\\([{quote}\\])") for quote in "\"'"}
_MISTAKES: Final = {
    "==": "Write = for equality.",
    "<>": "Write != for inequality.",
    "&&": "Write and.",
    "||": "Write or.",
}


class Kind(Enum):
    """What a token is."""

    PATH = auto()
    TEXT = auto()
    NUMBER = auto()
    WORD = auto()
    MARK = auto()
    END = auto()


class Token(msgspec.Struct, frozen=True):
    """A word, mark or value; `column` counts from 1. A path's value is the tuple of its keys."""

    kind: Kind
    value: str | int | float | tuple[str, ...]
    column: int
    spelling: str = ""


def tokens_of(source: str) -> list[Token]:
    """All tokens of a source, with one of kind END behind them."""
    if len(source) > LONGEST_SOURCE:
        raise FqlError(
            f"The filter has {len(source)} characters; {LONGEST_SOURCE} are allowed.",
            column=LONGEST_SOURCE + 1,
            hint="Split it into several filters.",
        )
    tokens, at = [], 0
    while True:
        while at < len(source) and source[at].isspace():
            at += 1
        if at == len(source):
            tokens.append(Token(Kind.END, "", at + 1, "the end"))
            return tokens
        token, at = _next(source, at)
        tokens.append(token)


def _next(source: str, at: int) -> tuple[Token, int]:
    if mistake := _MISTAKES.get(source[at : at + 2]):
        raise FqlError(
            f"FQL has no {source[at : at + 2]!r} (column {at + 1}).", column=at + 1, hint=mistake
        )
    if source[at] in _QUOTED:
        return _text(source, at)
    if mark := _PUNCTUATION.match(source, at):
        return Token(Kind.MARK, mark[0], at + 1, mark[0]), mark.end()
    if _NUMBER_START.match(source, at) and (number := _NUMBER.match(source, at)):
        return _number(source, at, number)
    if path := _PATH.match(source, at):
        if path[0] in KEYWORDS:
            return Token(Kind.WORD, path[0], at + 1, path[0]), path.end()
        return Token(Kind.PATH, _keys(path[0]), at + 1, path[0]), path.end()
    raise FqlError(
        f"{source[at]!r} has no meaning in FQL (column {at + 1}).",
        column=at + 1,
        hint="In the name of a field, put a \\ before such a character; around text, put quotes.",
    )


def _text(source: str, at: int) -> tuple[Token, int]:
    """A quoted text. A \\ before its quote or a \\ is taken away; any other stays, for globs."""
    quote = source[at]
    found = _QUOTED[quote].match(source, at)
    if not found:
        raise FqlError(
            f"The text that begins at column {at + 1} does not end.",
            column=at + 1,
            hint=f"Close it with {quote}.",
        )
    return Token(Kind.TEXT, _ESCAPED[quote].sub(r"\1", found[1]), at + 1, found[0]), found.end()


def _number(source: str, at: int, found: re.Match[str]) -> tuple[Token, int]:
    after = _PATH.match(source, found.end())
    if after or len(found[0]) > 400:
        raise FqlError(
            f"{(found[0] + (after[0] if after else ''))[:40]!r} is no number (column {at + 1}).",
            column=at + 1,
            hint="A field whose name begins with a digit is written with a \\ before it.",
        )
    digits = found[0]
    value = int(digits) if digits.lstrip("+-").isdecimal() else float(digits)
    return Token(Kind.NUMBER, value, at + 1, digits), found.end()


def _keys(path: str) -> tuple[str, ...]:
    r"""The keys of a path: `properties.product\ 1.price` has three."""
    keys = [""]
    for escaped, dot, plain in _SEGMENT_PARTS.findall(path):
        if dot:
            keys.append("")
        else:
            keys[-1] += escaped or plain
    return tuple(keys)
