"""JSON lines: one JSON value a line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from headwater.imports.formats.format import Column, Format, Record, Writer
from headwater.imports.formats.text import TextRows
from headwater.imports.json_rows import json_lines
from headwater.imports.model import FileRules
from headwater.imports.opening import OpenedFile
from headwater.imports.writing import appearing


@contextmanager
def rows(path: Path, rules: FileRules) -> Iterator[TextRows]:
    with OpenedFile(path, encoding=rules.encoding, member=rules.member) as opened:
        yield TextRows(opened, json_lines(opened.lines()))


@contextmanager
def create(path: Path, columns: Sequence[Column]) -> Iterator[Writer]:  # noqa: ARG001
    with appearing(path) as partial, partial.open("wb") as file:
        yield _Lines(file)


class _Lines:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encode = msgspec.json.Encoder().encode

    def add(self, record: Record) -> None:
        self._file.write(self._encode(record) + b"\n")


FORMAT = Format(rows, create)
