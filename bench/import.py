"""Files of every format are imported into a running Headwater, against DuckDB reading the same rows
into a table: the same file where it reads its format, the CSV file where it does not (XML, XLSX).

The same rows in each format have to become equal tables; that is checked. A row is an order with
its time, numbers, a boolean and texts in two scripts.

`python -m bench.import [--rows N] [--formats csv,xlsx] [--convert-only]`
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import duckdb

from headwater.demo.replay import mapping_path
from headwater.imports.converting import FileEvents
from headwater.imports.formats import FORMATS
from headwater.imports.formats.format import Column
from headwater.imports.mapping_file import parse_mapping, read_mapping
from headwater.imports.model import FileMapping, FileRules
from headwater.testing.whole import Whole

_READ: Final = {
    "csv": "read_csv",
    "json": "read_json",
    "jsonl": "read_json",
    "parquet": "read_parquet",
}
_KINDS: Final = {"revenue": "number", "sku": "integer", "first": "boolean"}
_NAMES: Final = (
    *("userId", "event", "timestamp", "order_id", "revenue", "currency", "sku", "first", "city"),
)
COLUMNS: Final = [Column(name, _KINDS.get(name, "text")) for name in _NAMES]
MAPPING: Final = """
[columns]
revenue = "number"
sku = "integer"
first = "boolean"
timestamp = { type = "time", zone = "Europe/Berlin" }
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
city = "{city}"
"""
_CITIES: Final = ("Brno", "上海", "São Paulo", "Kraków; Nowa Huta", 'the "Hague"', "")
_LINE_COLUMNS: Final = (
    *("Invoice", "StockCode", "Description", "Quantity"),
    *("InvoiceDate", "UnitPrice", "CustomerID", "Country"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--convert-only", action="store_true", help="send nothing")
    options = parser.parse_args()
    formats = options.formats.split(",")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_files(folder, formats, options.rows)
        bases = {each: _base(folder / f"orders.{each}", each) for each in formats}
        _print_converted(files, bases, options.rows)
        if not options.convert_only:
            _print_imported(folder, files, bases, options.rows)
    _print_lines(options.rows)


def records(rows: int) -> Iterator[dict[str, Any]]:
    """Orders: the same ones at every call."""
    for n in range(rows):
        record = {
            "userId": f"u{n % 5000}",
            "event": "Order Completed",
            "timestamp": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}T{n % 24:02d}:00:{n % 60:02d}",
            "order_id": f"{n:07d}",
            "revenue": n % 900 + 0.5,
            "currency": "CNY",
            "sku": n % 99,
            "first": n % 7 == 0,
        }
        yield record | {"city": city} if (city := _CITIES[n % len(_CITIES)]) else record


def write_files(folder: Path, formats: Sequence[str], rows: int) -> dict[str, Path]:
    """The orders in files of these formats."""
    files = {}
    for name in dict.fromkeys((*formats, "csv")):
        path = files[name] = folder / f"orders.{name}"
        with FORMATS[name].create(path, COLUMNS) as writer:
            for record in records(rows):
                writer.add(record)
    return {name: files[name] for name in formats}


def converted(path: Path) -> tuple[int, str, float]:
    """How many events a file becomes, what tells them from others in content or order, and how
    long it took."""
    mapping = parse_mapping(MAPPING, "orders.toml")
    digest = blake2b()
    made = 0
    started = time.perf_counter()
    with FileEvents(path, mapping, FileRules(), "id", _no_reject) as events:
        for event in events:
            digest.update(event.body)
            made += 1
    return made, digest.hexdigest(), time.perf_counter() - started


def _no_reject(row: object, reason: str) -> None:
    raise SystemExit(f"rejected: {reason}: {row}")


def _base(path: Path, name: str) -> float:
    """The seconds that DuckDB takes."""
    return _table(_READ.get(name, "read_csv"), path if name in _READ else path.with_suffix(".csv"))


def _table(function: str, path: Path) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "base.duckdb")) as connection,
    ):
        started = time.perf_counter()
        connection.execute(f"CREATE TABLE orders AS SELECT * FROM {function}(?)", [str(path)])
        connection.execute("CHECKPOINT")
        return time.perf_counter() - started


def _print_converted(files: dict[str, Path], bases: dict[str, float], rows: int) -> None:
    seen = set()
    for name, path in files.items():
        made, digest, took = converted(path)
        seen.add((made, digest))
        print(
            f"{name:8} {path.stat().st_size / rows:6.0f} bytes a row   DuckDB "
            f"{rows / bases[name]:>10,.0f} rows/s (1.0)   events {rows / took:>9,.0f} rows/s "
            f"({bases[name] / took:.3f})",
            flush=True,
        )
    if len(seen) != 1 or next(iter(seen))[0] != rows:
        raise SystemExit("the formats made different events")
    print(f"events of all formats are equal, byte by byte: {rows:,}")


def _print_imported(
    folder: Path, files: dict[str, Path], bases: dict[str, float], rows: int
) -> None:
    data = folder / "data"
    with Whole(data, disk_reserve_bytes=0) as whole:
        for name, path in files.items():
            sent, took = imported(whole, path, f"Orders {name}")
            print(
                f"{name:8} accepted {rows / sent:>9,.0f} rows/s ({bases[name] / sent:.3f})   "
                f"queryable {rows / took:>9,.0f} rows/s ({bases[name] / took:.3f})",
                flush=True,
            )
        whole.stop()
    different = unequal(data, [f"orders_{name}" for name in files], rows)
    if different:
        raise SystemExit(f"the tables differ: {different}")
    print(f"tables of all formats are equal: {rows:,} rows each")


def imported(whole: Whole, path: Path, source: str) -> tuple[float, float]:
    """The seconds until a file is accepted, and until all of it is in its table."""
    mapping = path.with_name("orders.toml")
    mapping.write_text(MAPPING)
    command = [sys.executable, "-m", "headwater", "import", str(path), "--source", source]
    started = time.perf_counter()
    subprocess.run(
        [*command, "--mapping", str(mapping)],
        env=whole.environment() | {"PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
    )
    sent = time.perf_counter() - started
    whole.wait_until_loaded(timeout_seconds=1_800)
    return sent, time.perf_counter() - started


_COMPARED: Final = (
    "event, user_id, timestamp, original_timestamp, order_id, revenue, currency, sku, first, city"
)


def unequal(data: Path, schemas: Sequence[str], rows: int) -> list[str]:
    """The sources whose table of orders is not equal to the first one's, of a Headwater at rest."""
    (file,) = data.glob("**/*.duckdb")
    with duckdb.connect(str(file), read_only=True) as connection:
        found = {}
        for schema in schemas:
            digest = (
                f"SELECT count(*), bit_xor(hash({_COMPARED})), sum(hash({_COMPARED}) % 1000003)"
            )
            kinds = connection.execute(f"DESCRIBE {schema}.order_completed").fetchall()
            row = connection.execute(f"{digest} FROM {schema}.order_completed").fetchone()
            found[schema] = (row, sorted((each[0], each[1]) for each in kinds))
    first = found[schemas[0]]
    if first[0] is None or first[0][0] != rows:
        return list(schemas)
    return [schema for schema, each in found.items() if each != first]


def _print_lines(rows: int) -> None:
    """The order lines of a shop, by the mapping of seven events of the example
    `online_retail_ii`."""
    mapping: FileMapping = read_mapping(mapping_path("online_retail_ii"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.csv"
        _write_lines(path, rows)
        base = _table("read_csv", path)
        started = time.perf_counter()
        with FileEvents(path, mapping, mapping.file, "id", lambda *_: None) as events:
            made = sum(1 for _ in events)
        took = time.perf_counter() - started
    print(f"DuckDB read_csv of order lines: {rows / base:,.0f} rows/s (1.0)")
    print(f"converted by seven event rules: {rows / took:,.0f} rows/s ({base / took:.3f})")
    print(f"  into {made:,} events")


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


if __name__ == "__main__":
    main()
