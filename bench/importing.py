"""Importing a file, against DuckDB's read_csv of the same file into a table.

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

from headwater.testing.whole import Whole


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


def _write(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["userId", "event", "timestamp", "order_id", "revenue", "currency", "sku"])
        for n in range(rows):
            at = f"2026-10-{n % 28 + 1:02d}T{n % 24:02d}:00:00Z"
            out.writerow(
                [f"u{n % 5000}", "Order Completed", at, f"o{n}", n % 900 + 0.5, "CNY", n % 99]
            )


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
