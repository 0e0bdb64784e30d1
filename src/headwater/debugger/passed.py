"""Finding events among those that passed the pipeline."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headwater.debugger.unfolding import Key
from headwater.ports import Stored
from headwater.spec import accepted
from headwater.spec.delivered import delivered

Passed = dict[Key, list[dict[str, Any]]]
"""The events with a key, as they are delivered: more than one only by repetition."""


def find(records: Iterable[Stored], keys: Collection[Key]) -> Passed:
    """Which of the wanted events are in these accepted records."""
    wanted = set(keys)
    ids = pa.array(sorted({message_id for _, _, message_id in wanted}), pa.string())
    sources = {source_id for source_id, _, _ in wanted}
    found: Passed = {}
    for stored in records:
        source_id = stored.record.source_id
        if source_id not in sources or stored.record.meta:  # or sent again, having passed before
            continue
        events = accepted.decode(stored.record.body)
        events = events.filter(pc.is_in(events["message_id"], value_set=ids))
        for row in _rows(events):
            key = (source_id, row["received_at"], row["message_id"])
            if key in wanted:
                found.setdefault(key, []).append(plain(delivered(row)))
    return found


def delivered_rows(events: pa.RecordBatch) -> Iterable[tuple[int, dict[str, Any]]]:
    """Events as they are delivered, each with the time of its receipt."""
    for row in _rows(events):
        yield row["received_at"], plain(delivered(row))


def _rows(events: pa.RecordBatch) -> Iterable[dict[str, Any]]:
    columns = {
        field.name: (
            events[field.name].cast(pa.int64())
            if pa.types.is_timestamp(field.type)
            else events[field.name]
        ).to_pylist()
        for field in events.schema
    }
    for row in range(events.num_rows):
        yield {name: values[row] for name, values in columns.items()}


def plain(event: dict[str, object]) -> dict[str, Any]:
    """An event with its JSON read."""
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(event))
    return read
