"""The formats of files, one module each: how rows are read, and how they are written."""

from typing import Final

from headwater.imports.formats import csv, json, jsonl, parquet, xlsx, xml
from headwater.imports.formats.format import Format

FORMATS: Final[dict[str, Format]] = {
    "csv": csv.FORMAT,
    "json": json.FORMAT,
    "jsonl": jsonl.FORMAT,
    "xml": xml.FORMAT,
    "parquet": parquet.FORMAT,
    "xlsx": xlsx.FORMAT,
}
