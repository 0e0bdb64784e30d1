"""The table of how events differ from their tracking plans."""

from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa

from headwater.loading.model import Violated
from headwater.warehouses.duckdb import store

_TIME: Final = pa.timestamp("us")


def append(connection: duckdb.DuckDBPyConnection, violated: Sequence[Violated]) -> None:
    """Add violations, each a row."""
    if not violated:
        return
    found = [each.violation for each in violated]
    rows = pa.table(
        {
            "id": [each.message_id for each in found],
            "source": [each.slug for each in violated],
            "source_id": [each.source_id for each in violated],
            "plan_id": [each.plan_id for each in found],
            "received_at": pa.array([each.received_at for each in found], _TIME),
            "type": [each.event_type for each in found],
            "event": [each.event for each in found],
            "violation": [each.type.value for each in found],
            "field": [each.field for each in found],
            "rule": [each.rule for each in found],
            "description": [each.description for each in found],
            "value": [each.value for each in found],
            "event_version": pa.array([each.event_version for each in found], pa.int64()),
            "remedy": [each.remedy.value for each in found],
            "count": pa.array([each.count for each in found], pa.int64()),
            "key": [each.key for each in found],
        }
    )
    store.append(connection, store.VIOLATIONS, rows)
