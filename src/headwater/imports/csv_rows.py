"""Reads CSV: every line belongs to one row, and every row that cannot be read says why."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from headwater.errors import ImportFileError
from headwater.imports.model import FileRules, Row

DELIMITERS: Final = (",", ";", "\t", "|")


class CsvRows:
    """The rows of a CSV file's lines. `header` is known from the start.

    Raises ImportFileError for a file without a header.
    """

    def __init__(self, lines: Iterable[str], rules: FileRules) -> None:
        self._taken: list[str] = []
        self._line = 1
        self._short = rules.short_rows
        self._ended = False
        source = iter(lines)
        first = next(source, "")
        self.delimiter = rules.delimiter or sniff_delimiter(first)
        self._records = csv.reader(self._remember(first, source), delimiter=self.delimiter)
        self.header = list(rules.columns) or self._read_header()

    def __iter__(self) -> Iterator[Row]:
        number = 0
        while True:
            problem = ""
            try:
                fields = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                fields, problem = [], f"this is no CSV: {error}; is a quote left open?"
            line, raw = self._line, self._taken
            self._line += len(raw)
            self._taken = []
            if not fields and not problem:
                continue
            number += 1
            written = raw[0] if len(raw) == 1 else "".join(raw)
            if not problem and (problem := self._damage(written, len(raw), fields)):
                fields = []
            if not problem and len(fields) != len(self.header):
                fields, problem = self._fit(fields)
            yield Row(number, line, written, fields, problem)

    def _damage(self, written: str, lines: int, fields: list[str]) -> str:
        """Why a row that can be taken apart is none all the same."""
        if "\0" in written:
            return "the row holds zero bytes: the file is damaged here"
        if self._ended and written.count('"') % 2 and (lines > 1 or fields[-1].endswith("\n")):
            return f"a quote is opened here and never closed: {lines} lines are read as one row"
        return ""

    def _remember(self, first: str, source: Iterator[str]) -> Iterator[str]:
        if first:
            self._taken.append(first)
            yield first
        for line in source:
            self._taken.append(line)
            yield line
        self._ended = True

    def _read_header(self) -> list[str]:
        try:
            names = next((record for record in self._records if record), [])
        except csv.Error as error:
            raise ImportFileError(f"The header line is no CSV: {error}.") from None
        if not names:
            raise ImportFileError("The file is empty: it has no header line.")
        self._line += len(self._taken)
        self._taken = []
        return distinct_names(names)

    def _fit(self, fields: list[str]) -> tuple[list[str], str]:
        width = len(self.header)
        if len(fields) > width and not any(fields[width:]):
            return fields[:width], ""
        if len(fields) < width and self._short == "pad":
            return fields + [""] * (width - len(fields)), ""
        return [], f"the row has {len(fields)} fields and the header {width}"


def sniff_delimiter(header: str) -> str:
    """The delimiter that occurs most outside quotes in a header line; a comma where none does."""
    unquoted = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=unquoted.count)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Column names without repetition: the second `a` is `a_2`, an empty third is `column_3`."""
    found: list[str] = []
    for position, written in enumerate(names, 1):
        name = base = written.strip().lstrip("\ufeff") or f"column_{position}"
        count = 1
        while name in found:
            count += 1
            name = f"{base}_{count}"
        found.append(name)
    return found
