"""XML: the repeated elements of a document are the rows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

from headwater.errors import ImportFileError
from headwater.imports.formats.format import Column, Format, Record, Writer, cell
from headwater.imports.model import FileRules, Row
from headwater.imports.packed import Packed, named_errors
from headwater.imports.writing import appearing
from headwater.imports.xml_rows import XmlRows

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def rows(path: Path, rules: FileRules) -> Iterator["_DocumentRows"]:
    packed = Packed(path, member=rules.member)
    try:
        yield _DocumentRows(packed, path, rules)
    finally:
        packed.close()


class _DocumentRows:
    header = None
    names = None

    def __init__(self, packed: Packed, path: Path, rules: FileRules) -> None:
        self._packed = packed
        self._path = path
        self._wanted = rules.rows

    def __iter__(self) -> Iterator[Row]:
        with named_errors(self._path):
            yield from XmlRows(self._packed.stream.read1, self._wanted)

    def share_read(self) -> float:
        return self._packed.position() / self._packed.size if self._packed.size else 1.0


@contextmanager
def create(path: Path, columns: Sequence[Column]) -> Iterator[Writer]:  # noqa: ARG001
    """`<rows><row>…</row></rows>`: an element for each member; what cannot be the name of one
    stands in `<member name="…">`."""
    with appearing(path) as partial, partial.open("wb") as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<rows>\n')
        yield _Document(file)
        file.write(b"</rows>\n")


class _Document:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, record: Record) -> None:
        self._file.write(f"<row>{_inner(record, 1)}</row>\n".encode())


def _inner(value: Any, depth: int) -> str:
    if depth > 29:
        raise ImportFileError("A value has more than 29 objects in each other.")
    if not isinstance(value, dict):
        return escape(_NOT_XML.sub("", cell(value)))
    parts = []
    for name, held in value.items():
        is_name = _NAME.fullmatch(name) is not None
        opening = name if is_name else f"member name={quoteattr(_NOT_XML.sub('', name))}"
        closing = name if is_name else "member"
        parts += [
            f"<{opening}>{_inner(each, depth + 1)}</{closing}>"
            for each in (held if isinstance(held, list) else [held])
            if each is not None
        ]
    return "".join(parts)


FORMAT = Format(rows, create)
