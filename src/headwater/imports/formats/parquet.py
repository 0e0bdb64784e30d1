"""Apache Parquet: typed columns, read a piece at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
from pyarrow import parquet

from headwater.imports.formats.format import Column, Format, Record, Writer, cell
from headwater.imports.model import FileRules, Row
from headwater.imports.packed import named_errors, on_disk
from headwater.imports.simple import simple
from headwater.imports.writing import appearing

_AT_ONCE: Final = 2_000
_WRITTEN_AT_ONCE: Final = 10_000


@contextmanager
def rows(path: Path, rules: FileRules) -> Iterator["ParquetRows"]:
    with on_disk(path, member=rules.member) as plain, named_errors(path):
        file = parquet.ParquetFile(plain)
        try:
            yield ParquetRows(file, path)
        finally:
            file.close()


class ParquetRows:
    """Each row as JSON: times as ISO 8601 in UTC, without a zone where they have none; decimal
    numbers as numbers; bytes as text where they are UTF-8, else as base64."""

    header = None

    def __init__(self, file: parquet.ParquetFile, path: Path) -> None:
        self.names: Sequence[str] = file.schema_arrow.names
        self._file = file
        self._path = path
        self._total = file.metadata.num_rows
        self._read = 0

    def __iter__(self) -> Iterator[Row]:
        encode = msgspec.json.Encoder().encode
        with named_errors(self._path):
            for batch in self._file.iter_batches(_AT_ONCE):
                records = [simple(record) for record in batch.to_pylist()]
                for record in records:
                    self._read += 1
                    yield Row(self._read, self._read, encode(record).decode(), ())

    def share_read(self) -> float:
        return self._read / self._total if self._total else 1.0


_TYPES: Final = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "text": pa.string(),
    "json": pa.string(),
}


@contextmanager
def create(path: Path, columns: Sequence[Column]) -> Iterator[Writer]:
    """Compressed with zstd; lists, objects and values of several kinds are JSON in text columns."""
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in columns])
    with (
        appearing(path) as partial,
        named_errors(path),
        parquet.ParquetWriter(partial, schema, compression="zstd") as file,
    ):
        writer = _Parquet(file, schema, columns)
        yield writer
        writer.flush()


class _Parquet:
    def __init__(self, file: Any, schema: pa.Schema, columns: Sequence[Column]) -> None:
        self._file = file
        self._schema = schema
        self._columns = columns
        self._waiting: list[Record] = []

    def add(self, record: Record) -> None:
        self._waiting.append(record)
        if len(self._waiting) == _WRITTEN_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        arrays = [self._array(column) for column in self._columns]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._waiting.clear()

    def _array(self, column: Column) -> pa.Array:
        values = [record.get(column.name) for record in self._waiting]
        if column.kind == "json":
            values = [None if value is None else cell(value) for value in values]
        return pa.array(values, _TYPES[column.kind])


FORMAT = Format(rows, create)
