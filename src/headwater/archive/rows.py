"""Collected requests as rows of an archive file, and back, byte for byte. Pure.

Whose events a request holds stands in columns of its own, so that those of a person can be found
and taken out without reading the bodies.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa
from isal import isal_zlib

from headwater.ports import Record, Stored
from headwater.spec import collected

GROUP_BYTES: Final = 4_000_000
"""The bodies of a row group: what a reader holds at a time."""

_TIME: Final = pa.timestamp("us")
_TEXTS: Final = pa.list_(pa.string())
_GZIP: Final = 31

SCHEMA: Final = pa.schema(
    [
        pa.field("partition", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("received_at", _TIME, nullable=False),
        pa.field("events", pa.int32(), nullable=False),
        pa.field("meta", pa.binary(), nullable=False),
        pa.field("body", pa.binary(), nullable=False),
        # Null where a request cannot be read, so that it has to be looked into.
        pa.field("user_ids", _TEXTS),
        pa.field("anonymous_ids", _TEXTS),
    ]
)


class _Ids(msgspec.Struct, rename="camel"):
    user_id: Any = None
    previous_id: Any = None
    anonymous_id: Any = None


class _Envelope(msgspec.Struct):
    batch: list[_Ids]


_one: Final = msgspec.json.Decoder(_Ids).decode
_many: Final = msgspec.json.Decoder(list[_Ids]).decode
_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_NOT_READABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

People = tuple[list[str], list[str]] | None
"""The user ids and the anonymous ids of a request's events; None where it cannot be read."""


def table(requests: Sequence[Stored]) -> pa.Table:
    """The rows of some requests, in their order."""
    people = [people_of(each.record) for each in requests]
    records = [each.record for each in requests]
    return pa.table(
        {
            "partition": [each.partition for each in requests],
            "position": pa.array([each.position for each in requests], pa.int64()),
            "source_id": [each.source_id for each in records],
            "received_at": pa.array([each.received_at for each in records], pa.int64()).cast(_TIME),
            "events": pa.array([each.count for each in records], pa.int32()),
            "meta": pa.array([each.meta for each in records], pa.binary()),
            "body": pa.array([each.body for each in records], pa.binary()),
            "user_ids": pa.array([each and each[0] for each in people], _TEXTS),
            "anonymous_ids": pa.array([each and each[1] for each in people], _TEXTS),
        },
        schema=SCHEMA,
    )


def grouped(rows: pa.Table) -> list[pa.Table]:
    """The rows in pieces of about GROUP_BYTES of bodies."""
    sizes = pa.compute.binary_length(rows["body"]).to_pylist()
    pieces, start, held = [], 0, 0
    for number, size in enumerate(sizes):
        if held and held + size > GROUP_BYTES:
            pieces.append(rows.slice(start, number - start))
            start, held = number, 0
        held += size
    pieces.append(rows.slice(start))
    return pieces


def stored(rows: pa.Table) -> Iterator[Stored]:
    """The requests of rows, as the log had them."""
    columns = [
        (rows[name].cast(pa.int64()) if name == "received_at" else rows[name]).to_pylist()
        for name in ("partition", "position", "source_id", "received_at", "events", "meta", "body")
    ]
    for partition, position, source_id, received_at, count, meta, body in zip(
        *columns, strict=True
    ):
        yield Stored(partition, position, Record(source_id, received_at, count, body, meta))


def people_of(record: Record) -> People:
    """Whose events a request holds."""
    try:
        request = collected.DECODER.decode(record.meta)
        body = isal_zlib.decompress(record.body, _GZIP) if request.gzipped else record.body
        events = _events(body, request.shape)
    except (*_NOT_READABLE, isal_zlib.error):  # type: ignore[misc]
        return None
    fixed = request.fixed
    users = [fixed.get("userId"), *(each.user_id for each in events)]
    users += [each.previous_id for each in events]
    anonymous = [request.anonymous_id, fixed.get("anonymousId")]
    anonymous += [each.anonymous_id for each in events]
    return _texts(users), _texts(anonymous)


def _events(body: bytes, shape: collected.Shape) -> list[_Ids]:
    if shape is collected.Shape.EVENT:
        return [_one(body)]
    if body.lstrip().startswith(b"["):
        return _many(body)
    return _envelope(body).batch


def _texts(values: Iterable[object]) -> list[str]:
    """Each id once. Numbers are written as the pipeline does."""
    found: dict[str, None] = {}
    for value in values:
        if isinstance(value, str) and value:
            found[value] = None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[str(int(value)) if value == int(value) else str(value)] = None
    return list(found)
