"""Workbooks of spreadsheets (.xlsx): one sheet of them, typed as its cells are."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import xlsxwriter
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from headwater.errors import ImportFileError
from headwater.imports.csv_rows import distinct_names
from headwater.imports.formats.format import Column, Format, Record, Writer, cell
from headwater.imports.model import FileRules, Row
from headwater.imports.packed import named_errors, on_disk
from headwater.imports.simple import simple
from headwater.imports.writing import appearing

LARGEST_INFLATED: Final = 8_000_000_000
"""Bytes that a workbook may hold, inflated."""
MOST_ROWS: Final = 1_048_575
"""Rows that a sheet has room for, beside the header."""
LONGEST_CELL: Final = 32_767
_WHOLE: Final = 2**53


@contextmanager
def rows(path: Path, rules: FileRules) -> Iterator["SheetRows"]:
    with on_disk(path, member=rules.member) as plain_file, named_errors(path):
        _require_size(plain_file)
        try:
            with CalamineWorkbook.from_path(str(plain_file)) as book:
                yield SheetRows(_sheet(book, rules.sheet, path), rules)
        except CalamineError as error:
            raise ImportFileError(
                f"{path.name} is no workbook that can be read: {error}."
            ) from None


def _require_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST_INFLATED:
            raise ImportFileError(f"{path.name} holds more than {LARGEST_INFLATED} bytes.")


def _sheet(book: CalamineWorkbook, wanted: str, path: Path) -> CalamineSheet:
    names = book.sheet_names
    if not names or (wanted and wanted not in names):
        raise ImportFileError(
            f"{path.name} has no sheet {wanted!r}.", hint=f"It has {', '.join(names) or 'none'}."
        )
    return book.get_sheet_by_name(wanted or names[0])


class SheetRows:
    """Each row below the header as JSON; `line` is the row's number in the sheet. Numbers without
    a fraction are whole, dates and times are ISO 8601 without a zone, empty cells are left out."""

    header = None

    def __init__(self, sheet: CalamineSheet, rules: FileRules) -> None:
        self._cells = enumerate(sheet.iter_rows(), 1)
        self._total = sheet.total_height
        self._line = 0
        self.names: Sequence[str] = list(rules.columns) or self._read_header()

    def __iter__(self) -> Iterator[Row]:
        encode, number, names = msgspec.json.Encoder().encode, 0, self.names
        for line, cells in self._cells:
            self._line = line
            values = [_value(each) for each in cells]
            if all(value is None for value in values):
                continue
            number += 1
            record = {n: v for n, v in zip(names, values, strict=False) if v is not None}
            extra = [value for value in values[len(names) :] if value is not None]
            problem = f"the row has {len(values)} cells and the header {len(names)}"
            raw = encode(record).decode()
            yield Row(number, line, raw, (), problem if extra else "")

    def share_read(self) -> float:
        return min(1.0, self._line / self._total) if self._total else 1.0

    def _read_header(self) -> list[str]:
        for line, cells in self._cells:
            self._line = line
            names = ["" if cell_ is None else str(_value(cell_) or "") for cell_ in cells]
            while names and not names[-1]:
                names.pop()
            if names:
                return distinct_names(names)
        raise ImportFileError("The sheet is empty: it has no header row.")


def _value(found: Any) -> Any:
    if found == "":
        return None
    if isinstance(found, float) and found.is_integer() and abs(found) < _WHOLE:
        return int(found)
    return simple(found)


@contextmanager
def create(path: Path, columns: Sequence[Column]) -> Iterator[Writer]:
    """One sheet with a header row. Texts stay texts: nothing is taken for a formula or a link."""
    with appearing(path) as partial:
        book = xlsxwriter.Workbook(
            partial,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        sheet = book.add_worksheet()
        names = [column.name for column in columns]
        for position, name in enumerate(names):
            sheet.write_string(0, position, name)
        yield _Sheet(sheet, names)
        book.close()


class _Sheet:
    def __init__(self, sheet: Any, names: Sequence[str]) -> None:
        self._sheet = sheet
        self._names = names
        self._row = 0

    def add(self, record: Record) -> None:
        self._row += 1
        if self._row > MOST_ROWS:
            raise ImportFileError(
                f"A sheet has room for {MOST_ROWS:,} rows.", hint="Write Parquet or CSV."
            )
        for position, name in enumerate(self._names):
            value = record.get(name)
            if isinstance(value, bool):
                self._sheet.write_boolean(self._row, position, value)
            elif isinstance(value, int | float) and abs(value) < _WHOLE:
                self._sheet.write_number(self._row, position, value)
            elif value is not None:
                self._sheet.write_string(self._row, position, self._text(cell(value)))

    def _text(self, written: str) -> str:
        if len(written) > LONGEST_CELL:
            raise ImportFileError(
                f"Row {self._row} has a text of {len(written):,} characters, and a cell holds "
                f"{LONGEST_CELL:,}.",
                hint="Write Parquet or CSV.",
            )
        return written


FORMAT = Format(rows, create)
