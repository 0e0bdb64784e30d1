"""Importing a file, and converting one by a mapping of seven events, against DuckDB's read_csv of
the same file into a table.

`python -m bench.importing [--rows N]`
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from headwater.demo.replay import mapping_path
from headwater.imports.converting import FileEvents
from headwater.imports.mapping_file import read_mapping
from headwater.testing.whole import Whole

_LINE_COLUMNS = (
    *("Invoice", "StockCode", "Description", "Quantity"),
    *("InvoiceDate", "UnitPrice", "CustomerID", "Country"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        _write(path, options.rows)
        base = _read_csv(path, Path(folder))
        with Whole(Path(folder) / "data", disk_reserve_bytes=0) as whole:
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "headwater", "import", str(path), "--source", "Orders"],
                env=whole.environment() | {"PATH": os.environ["PATH"]},
                check=True,
                capture_output=True,
            )
            sent = time.perf_counter() - started
            whole.wait_until_loaded(timeout_seconds=600)
            took = time.perf_counter() - started
    rows = options.rows
    print(f"DuckDB read_csv into a table: {rows / base:,.0f} rows/s (1.0)")
    print(f"headwater import, accepted:   {rows / sent:,.0f} rows/s ({base / sent:.3f})")
    print(f"headwater import, queryable:  {rows / took:,.0f} rows/s ({base / took:.3f})")
    _convert(rows)


def _convert(rows: int) -> None:
    """The order lines of a shop, by the mapping of the example `online_retail_ii`."""
    mapping = read_mapping(mapping_path("online_retail_ii"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.csv"
        _write_lines(path, rows)
        base = _read_csv(path, Path(folder))
        started = time.perf_counter()
        with FileEvents(path, mapping, mapping.file, "id", lambda *_: None) as events:
            made = sum(1 for _ in events)
        took = time.perf_counter() - started
    print(f"DuckDB read_csv of order lines: {rows / base:,.0f} rows/s (1.0)")
    print(f"converted by seven event rules: {rows / took:,.0f} rows/s ({base / took:.3f})")
    print(f"  into {made:,} events")


def _write(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["userId", "event", "timestamp", "order_id", "revenue", "currency", "sku"])
        for n in range(rows):
            at = f"2026-10-{n % 28 + 1:02d}T{n % 24:02d}:00:00Z"
            out.writerow(
                [f"u{n % 5000}", "Order Completed", at, f"o{n}", n % 900 + 0.5, "CNY", n % 99]
            )


def _write_lines(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(_LINE_COLUMNS)
        for n in range(rows):
            invoice = n // 20
            kind, sign = ("C", -1) if invoice % 30 == 0 else ("", 1)
            at = f"2026-{invoice % 12 + 1:02d}-{invoice % 28 + 1:02d} {invoice % 24:02d}:15:00"
            customer = "" if invoice % 5 == 0 else str(10_000 + invoice % 4000)
            price = f"{n % 40}.{n % 100:02d}"
            thing = (f"S{n % 3000}", f"Thing {n % 3000}", sign * (n % 24 + 1))
            out.writerow([f"{kind}{invoice}", *thing, at, price, customer, "United Kingdom"])


def _read_csv(path: Path, folder: Path) -> float:
    connection = duckdb.connect(str(folder / "base.duckdb"))
    started = time.perf_counter()
    connection.execute("CREATE TABLE orders AS SELECT * FROM read_csv(?)", [str(path)])
    connection.execute("CHECKPOINT")
    took = time.perf_counter() - started
    connection.close()
    return took


if __name__ == "__main__":
    main()
