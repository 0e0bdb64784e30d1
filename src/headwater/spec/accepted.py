"""The events that passed the pipeline, in columns: the body of the accepted stream's records.

One Arrow record batch in IPC stream form (LZ4). The JSON columns are texts of JSON objects.
"""

from typing import Final

import pyarrow as pa

_TEXT = pa.string()
_TIME = pa.timestamp("us")

SCHEMA: Final = pa.schema(
    [
        pa.field("message_id", _TEXT, nullable=False),
        pa.field("type", _TEXT, nullable=False),
        pa.field("event", _TEXT),  # track: the name as sent
        pa.field("name", _TEXT),  # page and screen
        pa.field("category", _TEXT),  # page and screen
        pa.field("user_id", _TEXT),
        pa.field("anonymous_id", _TEXT),
        pa.field("group_id", _TEXT),  # group
        pa.field("previous_id", _TEXT),  # alias
        pa.field("timestamp", _TIME, nullable=False),
        pa.field("original_timestamp", _TIME),
        pa.field("sent_at", _TIME),
        pa.field("received_at", _TIME, nullable=False),
        pa.field("properties", _TEXT, nullable=False),  # identify and group: the traits
        pa.field("context", _TEXT, nullable=False),
        pa.field("rest", _TEXT, nullable=False),  # all other members of the event
    ]
)

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def encode(batch: pa.RecordBatch) -> bytes:
    """The record body of some accepted events. `batch` has SCHEMA."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA, options=_OPTIONS) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def decode(body: bytes) -> pa.RecordBatch:
    """The accepted events of a record body."""
    with pa.ipc.open_stream(body) as reader:
        batch: pa.RecordBatch = reader.read_next_batch()
        return batch
