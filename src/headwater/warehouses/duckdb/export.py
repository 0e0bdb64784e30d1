"""Every stored event as one JSON object a line, in Segment's common shape, as it is delivered."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.loading.model import events_key
from headwater.queries.model import Export
from headwater.spec.delivered import TEXTS, TIMES, delivered
from headwater.warehouses.duckdb.sql import table_name
from headwater.warehouses.duckdb.views import slugs_of
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_ROWS: Final = 5_000
_RENAMED: Final = {"message_id": "id", "event": "event_text"}
_NAMES: Final = (*TEXTS.values(), *TIMES.values(), "properties", "context", "rest")
COLUMNS: Final = tuple(_RENAMED.get(name, name) for name in _NAMES)
"""What is read of an event to write it."""


def export(warehouse: DuckDBWarehouse, wanted: Export) -> Iterator[bytes]:
    """The events in order of their receipt, in pieces of many lines. Raises WarehouseError."""
    slugs = slugs_of(warehouse.catalog)
    if wanted.source is not None:
        slugs = [slug for slug in slugs if slug == wanted.source]
    if not slugs:
        return
    listed = ", ".join(f'"{column}"' for column in COLUMNS)
    parts = [f"SELECT {listed} FROM {table_name(events_key(slug))}" for slug in slugs]
    conditions: list[str] = ["true"]
    values: list[int] = []
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            conditions.append(f"received_at {sign} make_timestamp(?)")
            values.append(moment)
    sql = (
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE {' AND '.join(conditions)}"
        " ORDER BY received_at"
    )
    with warehouse.reading() as cursor:
        reader: pa.RecordBatchReader = cursor.execute(sql, values).to_arrow_reader(_ROWS)
        for batch in reader:
            yield b"".join(_lines(batch))


def _lines(batch: pa.RecordBatch) -> Iterator[bytes]:
    columns: dict[str, list[Any]] = {
        name: (
            batch[name].cast(pa.int64()).to_pylist()
            if name in TIMES.values()
            else batch[name].cast(pa.string()).to_pylist()
        )
        for name in COLUMNS
    }
    for row in range(batch.num_rows):
        yield msgspec.json.encode(shaped({name: values[row] for name, values in columns.items()}))
        yield b"\n"


def shaped(row: Mapping[str, Any]) -> dict[str, object]:
    """An event in Segment's common shape, of its COLUMNS; times are in microseconds."""
    return delivered({name: row[_RENAMED.get(name, name)] for name in _NAMES})
