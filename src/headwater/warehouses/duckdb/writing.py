"""The rows of an answer in each format, from Arrow batches to bytes."""

import base64
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, Final, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from headwater.errors import QueryError
from headwater.kit.clock import isoformat
from headwater.queries.model import Column, Format

TYPE_KEY: Final = b"headwater.type"
"""The metadata of an Arrow field that names its column's type in the warehouse."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_NULL: Final = msgspec.Raw(b"null")
Value = Callable[[Any], object]


class Writer(Protocol):
    """Writes an answer: batches, then the end."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self, *, total: int, truncated: bool) -> None: ...


def writer(format_: Format, out: IO[bytes], sql: str, schema: pa.Schema) -> Writer:
    """The writer of a format. `schema` has the final names, and each type under TYPE_KEY."""
    if format_ is Format.JSON:
        return _JsonWriter(out, sql, schema)
    if format_ is Format.CSV:
        return _CsvWriter(out, schema)
    if format_ is Format.PARQUET:
        return _ParquetWriter(out, schema)
    if format_ is Format.XLSX:
        return _XlsxWriter(out, schema)
    return _ArrowWriter(out, schema)


def named_schema(schema: pa.Schema, columns: Sequence[Column]) -> pa.Schema:
    """An Arrow schema with the columns' names and types noted; intervals become text."""
    return pa.schema(
        [
            pa.field(column.name, _storable(field.type), metadata={TYPE_KEY: column.type})
            for field, column in zip(schema, columns, strict=True)
        ]
    )


def fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch of the database with the names of `named_schema`."""
    columns = [
        column
        if not pa.types.is_interval(column.type)
        else pa.array([_interval(value) for value in column.to_pylist()], pa.string())
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _storable(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_interval(kind) else kind


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns that a schema of `named_schema` describes."""
    return tuple(Column(field.name, field.metadata[TYPE_KEY].decode()) for field in schema)


def _values(batch: pa.RecordBatch, columns: Sequence[Column]) -> Iterator[tuple[object, ...]]:
    """The rows of a batch as values that JSON has."""
    pairs = zip(batch.columns, columns, strict=True)
    return zip(*[_column_values(array, column.type) for array, column in pairs], strict=True)


def _column_values(array: pa.Array, kind: str) -> list[object]:
    if pa.types.is_timestamp(array.type):
        unit = {"s": 1_000_000, "ms": 1000, "us": 1, "ns": 0}[array.type.unit]
        ticks = array.cast(pa.int64()).to_pylist()
        return [_moment(tick, unit) for tick in ticks]
    values: list[object] = array.to_pylist()
    if kind == "JSON":
        return [_NULL if v is None else msgspec.Raw(str(v).encode()) for v in values]
    if kind == "JSON[]":
        return [None if v is None else [msgspec.Raw(str(e).encode()) for e in v] for v in values]  # type: ignore[attr-defined]
    if pa.types.is_integer(array.type) or pa.types.is_string(array.type):
        return values
    return [_plain(value) for value in values]


def _moment(tick: int | None, unit: int) -> str | None:
    """ISO 8601 of a time; None also for the infinite ones and those beyond the year 9999."""
    if tick is None:
        return None
    try:
        return isoformat(tick * unit if unit else tick // 1000)
    except OverflowError:
        return None


def _plain(value: Any) -> object:
    """A value of Arrow's as one of JSON's."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and _is_whole(value) else value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _is_whole(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= 0


def _interval(value: Any) -> str | None:
    """ISO 8601 text of a span of months, days and nanoseconds.

    >>> _interval((14, 3, 1_500_000_000))
    'P14M3DT1.5S'
    """
    if value is None:
        return None
    months, days, nanoseconds = value
    text = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    if nanoseconds or not text:
        text += f"T{nanoseconds / 1e9:.6f}".rstrip("0").rstrip(".") + "S"
    return f"P{text}"


class _JsonWriter:
    """{"sql", "columns", "data", "total", "truncated"}: one row a line."""

    def __init__(self, out: IO[bytes], sql: str, schema: pa.Schema) -> None:
        self._out = out
        self._columns = columns_of(schema)
        self._names = [column.name for column in self._columns]
        self._separator = b"\n"
        head = b'{"sql":%s,"columns":%s,"data":['
        out.write(head % (_ENCODER.encode(sql), _ENCODER.encode(self._columns)))

    def write(self, batch: pa.RecordBatch) -> None:
        for row in _values(batch, self._columns):
            encoded = _ENCODER.encode(dict(zip(self._names, row, strict=True)))
            self._out.write(self._separator + encoded)
            self._separator = b",\n"

    def close(self, *, total: int, truncated: bool) -> None:
        self._out.write(b'],"total":%d,"truncated":%s}' % (total, _ENCODER.encode(truncated)))


class _CsvWriter:
    """RFC 4180 with a header; NULL is an empty field, a JSON text is written without its quotes."""

    def __init__(self, out: IO[bytes], schema: pa.Schema) -> None:
        self._columns = columns_of(schema)
        self._text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)
        self._csv.writerow([column.name for column in self._columns])

    def write(self, batch: pa.RecordBatch) -> None:
        for row in _values(batch, self._columns):
            self._csv.writerow([_cell(value) for value in row])

    def close(self, *, total: int, truncated: bool) -> None:  # noqa: ARG002
        self._text.detach()


def _cell(value: object) -> object:
    if value is None or value is _NULL:
        return ""
    if isinstance(value, msgspec.Raw):
        text = bytes(value)
        return msgspec.json.decode(text) if text[:1] == b'"' else text.decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return _ENCODER.encode(value).decode()
    return value


class _ParquetWriter:
    def __init__(self, out: IO[bytes], schema: pa.Schema) -> None:
        self._parquet = pq.ParquetWriter(out, schema, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        self._parquet.write_batch(batch)

    def close(self, *, total: int, truncated: bool) -> None:  # noqa: ARG002
        self._parquet.close()


class _ArrowWriter:
    def __init__(self, out: IO[bytes], schema: pa.Schema) -> None:
        self._stream = pa.ipc.new_stream(out, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        self._stream.write_batch(batch)

    def close(self, *, total: int, truncated: bool) -> None:  # noqa: ARG002
        self._stream.close()


_CELL_CHARACTERS: Final = 32_767
_SHEET_COLUMNS: Final = 16_384
_SHEET_ROWS: Final = 1_048_576
_FIRST_YEAR: Final = 1900
_EXACT: Final = 10**15
"""A cell's number has 15 digits; longer ones are written as texts."""


class _XlsxWriter:
    """A header and rows, on as many sheets as they need. A text is never taken for a formula or a
    link. Rows go to a temporary file as they come: the memory does not grow with them."""

    def __init__(self, out: IO[bytes], schema: pa.Schema) -> None:
        self._columns = columns_of(schema)
        if len(self._columns) > _SHEET_COLUMNS:
            raise QueryError(
                f"A sheet has room for {_SHEET_COLUMNS:,} columns.", hint="Ask for fewer columns."
            )
        self._book = xlsxwriter.Workbook(
            out,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._bold = self._book.add_format({"bold": True})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._begin()

    def write(self, batch: pa.RecordBatch) -> None:
        for row in _values(batch, self._columns):
            if self._row >= _SHEET_ROWS:
                self._begin()
            for position, value in enumerate(row):
                self._put(position, self._columns[position].type, _cell(value))
            self._row += 1

    def close(self, *, total: int, truncated: bool) -> None:  # noqa: ARG002
        self._book.close()

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for position, column in enumerate(self._columns):
            self._sheet.write_string(0, position, column.name[:_CELL_CHARACTERS], self._bold)
        self._row = 1

    def _put(self, position: int, kind: str, value: object) -> None:
        if value == "":
            return
        at = _date_of(kind, value)
        if at is not None:
            self._sheet.write_datetime(self._row, position, at, self._time)
        elif isinstance(value, int | float | Decimal) and -_EXACT < value < _EXACT:
            self._sheet.write_number(self._row, position, value)
        else:
            self._sheet.write_string(self._row, position, str(value)[:_CELL_CHARACTERS])


def _date_of(kind: str, value: object) -> datetime | None:
    """A time as a sheet has it: UTC without a zone, from 1900."""
    if not isinstance(value, str) or not (kind == "DATE" or kind.startswith("TIMESTAMP")):
        return None
    try:
        at = datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return None
    return at if at.year > _FIRST_YEAR else None
