"""Files of every format become events, against DuckDB reading the same rows into a table: the same
file where it reads its format, the CSV file where it does not (XML, XLSX).

`python -m bench.formats [--rows N]`
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from headwater.imports.converting import FileEvents
from headwater.imports.formats import FORMATS
from headwater.imports.formats.format import Column
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules

_READ = {"csv": "read_csv", "json": "read_json", "jsonl": "read_json", "parquet": "read_parquet"}
_KINDS = {"revenue": "number", "sku": "integer", "first": "boolean"}
_NAMES = ("userId", "event", "timestamp", "order_id", "revenue", "currency", "sku", "first")
_COLUMNS = [Column(name, _KINDS.get(name, "text")) for name in _NAMES]
_MAPPING = """
[columns]
revenue = "number"
sku = "integer"
first = "boolean"
[[events]]
event = "{event}"
userId = "{userId}"
timestamp = "{timestamp}"
[events.properties]
order_id = "{order_id}"
revenue = "{revenue}"
currency = "{currency}"
sku = "{sku}"
first = "{first}"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        counts = set()
        for name, kind in FORMATS.items():
            path = Path(folder) / f"orders.{name}"
            with kind.create(path, _COLUMNS) as writer:
                for record in _records(rows):
                    writer.add(record)
            base = _table(
                _READ.get(name, "read_csv"), path if name in _READ else path.parent / "orders.csv"
            )
            events, took = _events(path)
            counts.add(events)
            print(
                f"{name:8} {path.stat().st_size / rows:6.0f} bytes a row   DuckDB "
                f"{rows / base:>10,.0f} rows/s (1.0)   events {rows / took:>9,.0f} rows/s "
                f"({base / took:.3f})"
            )
    if counts != {rows}:
        raise SystemExit(f"the formats made different events: {counts}")


def _records(rows: int) -> Iterator[dict[str, Any]]:
    for n in range(rows):
        yield {
            "userId": f"u{n % 5000}",
            "event": "Order Completed",
            "timestamp": f"2026-10-{n % 28 + 1:02d}T{n % 24:02d}:00:00Z",
            "order_id": f"o{n}",
            "revenue": n % 900 + 0.5,
            "currency": "CNY",
            "sku": n % 99,
            "first": n % 7 == 0,
        }


def _table(function: str, path: Path) -> float:
    with duckdb.connect() as connection:
        started = time.perf_counter()
        connection.execute(f"CREATE TABLE orders AS SELECT * FROM {function}(?)", [str(path)])
        return time.perf_counter() - started


def _events(path: Path) -> tuple[int, float]:
    mapping = parse_mapping(_MAPPING, "orders.toml")
    started = time.perf_counter()
    with FileEvents(path, mapping, FileRules(), "id", lambda *_: None) as events:
        made = sum(1 for _ in events)
    return made, time.perf_counter() - started


if __name__ == "__main__":
    main()
