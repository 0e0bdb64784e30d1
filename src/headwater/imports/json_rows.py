"""Reads JSON lines, and JSON values one after the other or in one array, in bounded memory."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from headwater.errors import ImportFileError
from headwater.imports.model import Row

LONGEST_VALUE: Final = 8_000_000
_CHUNK = 1 << 18
_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR_MAY_GO_ON = frozenset("0123456789+-.eE")


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]


def json_lines(lines: Iterable[str]) -> Iterator[Row]:
    """The rows of a file with one JSON value a line; blank lines are none."""
    number = 0
    for line_number, line in enumerate(lines, 1):
        raw = line.strip(" \t\r\n\ufeff")
        if raw:
            number += 1
            yield Row(number, line_number, raw, ())


def json_values(read: Callable[[int], str]) -> Iterator[Row]:
    """The rows of a JSON file: the members of one array, of `batch` objects, or values in a row.

    Raises ImportFileError, naming the line, where the file ceases to be JSON.
    """
    number = 0
    for line, raw in _Values(read):
        for member in _members(raw):
            number += 1
            yield Row(number, line, member, ())


def _members(raw: str) -> list[str]:
    if '"batch"' not in raw:
        return [raw]
    try:
        return [bytes(member).decode() for member in msgspec.json.decode(raw, type=_Batch).batch]
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return [raw]


class _Values:
    """Walks over a text that is read piece by piece."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False
        self._decode = json.JSONDecoder().raw_decode

    def __iter__(self) -> Iterator[tuple[int, str]]:
        in_array = self._next_is("[")
        if in_array:
            self._at += 1
            if self._next_is("]"):
                self._require_end()
                return
        while self._skip_space():
            start = self._line
            yield start, self._value()
            if not in_array:
                continue
            if self._next_is("]"):
                self._require_end()
                return
            if not self._next_is(","):
                self._fail("a comma or the array's end is missing")
            self._at += 1
        if in_array:
            self._fail("the array is not closed")

    def _value(self) -> str:
        wanted = _CHUNK
        while True:
            try:
                _, end = self._decode(self._text, self._at)
            except RecursionError:
                self._fail("the value is nested too deeply")
            except ValueError:
                end = -1
            may_go_on = end == len(self._text) and self._text[end - 1] in _SCALAR_MAY_GO_ON
            if end >= 0 and (self._ended or not may_go_on):
                break
            if self._ended or len(self._text) - self._at > LONGEST_VALUE:
                self._fail("this is no JSON value")
            self._more(wanted)
            wanted *= 2
        raw = self._text[self._at : end]
        self._line += raw.count("\n")
        self._at = end
        return raw

    def _more(self, characters: int) -> None:
        piece = self._read(characters)
        self._ended = not piece
        self._text = self._text[self._at :] + piece
        self._at = 0

    def _skip_space(self) -> bool:
        """Go to the next thing; whether there is one."""
        while True:
            match = _SPACE.match(self._text, self._at)
            end = match.end() if match else self._at
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            if self._at < len(self._text):
                return True
            if self._ended:
                return False
            self._more(_CHUNK)

    def _next_is(self, character: str) -> bool:
        return self._skip_space() and self._text[self._at] == character

    def _require_end(self) -> None:
        self._at += 1
        if self._skip_space():
            self._fail("something follows the array")

    def _fail(self, problem: str) -> None:
        raise ImportFileError(
            f"The file ceases to be JSON on line {self._line}: {problem}.",
            hint="What came before it was read. Mend the file, or write one value a line (.jsonl).",
        )
