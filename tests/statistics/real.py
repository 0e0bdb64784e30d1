"""The real data beside the checkout, as rows."""

import csv
import gzip
import io
from pathlib import Path


def rows_of(shared: Path, name: str, delimiter: str = ",") -> list[dict[str, str]]:
    text = gzip.decompress((shared / "data" / name).read_bytes()).decode("utf-8", "replace")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
