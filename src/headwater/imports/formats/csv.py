"""Comma-separated values, also with semicolons, tabs or bars."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headwater.imports.csv_rows import CsvRows
from headwater.imports.formats.format import Column, Format, Record, Writer, cell
from headwater.imports.formats.text import TextRows
from headwater.imports.model import FileRules
from headwater.imports.opening import OpenedFile
from headwater.imports.writing import appearing


@contextmanager
def rows(path: Path, rules: FileRules) -> Iterator[TextRows]:
    with OpenedFile(
        path, encoding=rules.encoding, member=rules.member, keep_returns=True
    ) as opened:
        read = CsvRows(opened.lines(), rules)
        yield TextRows(opened, iter(read), read.header)


@contextmanager
def create(path: Path, columns: Sequence[Column]) -> Iterator[Writer]:
    """UTF-8 with a header line; a name that ends in `.tsv` is written with tabs."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    with appearing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        names = [column.name for column in columns]
        written.writerow(names)
        yield _Csv(written, names)


class _Csv:
    def __init__(self, written: Any, names: Sequence[str]) -> None:
        self._written = written
        self._names = names

    def add(self, record: Record) -> None:
        self._written.writerow([cell(record.get(name)) for name in self._names])


FORMAT = Format(rows, create)
