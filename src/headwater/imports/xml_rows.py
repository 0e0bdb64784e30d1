"""Reads XML: the repeated elements of a document, each a row, in bounded memory.

An element's attributes are members named `@name`, its elements members of their names (a list
where a name repeats), and text beside them `#text`; an element with text alone is that text.
No document type, and so no entities of its own, is admitted.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.parsers import expat

import msgspec

from headwater.errors import ImportFileError
from headwater.imports.model import Row

DEEPEST: Final = 30
LARGEST_ROW: Final = 8_000_000
"""Characters that one row may hold."""
_CHUNK: Final = 1 << 16


class XmlRows:
    """The rows of a document, whose bytes `read` gives.

    Rows are the elements of the name `wanted`, or else those directly in the outermost one. Raises
    ImportFileError, naming the line, where it ceases to be XML.
    """

    def __init__(self, read: Callable[[int], bytes], wanted: str = "") -> None:
        self._read = read
        self._wanted = wanted
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._path: list[tuple[str, dict[str, Any], list[str]]] = []
        """The open elements of the row: name, members, texts."""
        self._depth = 0
        self._size = 0
        self._number = 0
        self._line = 0
        self._found: list[Row] = []
        self._encode = msgspec.json.Encoder().encode

    def __iter__(self) -> Iterator[Row]:
        is_over = False
        while not is_over:
            chunk = self._read(_CHUNK)
            is_over = not chunk
            try:
                self._parser.Parse(chunk, is_over)
            except expat.ExpatError as error:
                yield from self._taken()
                self._fail(f"it ceases to be XML: {expat.ErrorString(error.code)}")
            yield from self._taken()

    def _taken(self) -> list[Row]:
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if not self._path:
            if name == self._wanted if self._wanted else self._depth == 2:
                self._line = self._parser.CurrentLineNumber
                self._size = 0
            else:
                return
        if len(self._path) == DEEPEST:
            self._fail(f"more than {DEEPEST} elements stand in each other")
        self._grow(len(name) + sum(map(len, attributes.values())))
        self._path.append((name, {f"@{key}": value for key, value in attributes.items()}, []))

    def _end(self, _: str) -> None:
        self._depth -= 1
        if not self._path:
            return
        name, members, texts = self._path.pop()
        text = "".join(texts).strip()
        value: Any = text if not members else {**members, "#text": text} if text else members
        if self._path:
            _add(self._path[-1][1], name, value)
            return
        self._number += 1
        record = value if isinstance(value, dict) else {"#text": value}
        self._found.append(Row(self._number, self._line, self._encode(record).decode(), ()))

    def _text(self, text: str) -> None:
        if self._path:
            self._grow(len(text))
            self._path[-1][2].append(text)

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_ROW:
            self._fail(f"a row holds more than {LARGEST_ROW:,} characters")

    def _refuse(self, *_: object) -> None:
        self._fail("it has a document type, which is not admitted")

    def _fail(self, problem: str) -> None:
        raise ImportFileError(
            f"The file cannot be read beyond line {self._parser.CurrentLineNumber}: {problem}.",
            hint="What came before it was read.",
        )


def _add(members: dict[str, Any], name: str, value: Any) -> None:
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]
