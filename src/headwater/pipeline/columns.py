"""From events to the bodies of the streams that the pipeline writes."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from headwater.pipeline.event import Aside, Event, Receipt
from headwater.pipeline.repair import repaired
from headwater.spec import accepted, quarantined

_TIME: Final = pa.timestamp("us")
_encode_into: Final = msgspec.json.Encoder().encode_into

_FIELDS: Final = {
    name: attrgetter("receipt.received_at" if name == "received_at" else name)
    for name in accepted.SCHEMA.names
}
_OBJECTS: Final = ("properties", "context", "rest")


class Columns:
    """Events of one source and hour as they gather, in columns: their dicts need not be kept."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {name: [] for name in _FIELDS if name not in _OBJECTS}
        self._objects = {name: _Objects() for name in _OBJECTS}

    def __len__(self) -> int:
        return len(self._values["message_id"])

    def add(self, events: Sequence[Event]) -> None:
        """Add events behind those that there are."""
        for name, values in self._values.items():
            values.extend(map(_FIELDS[name], events))
        for name, objects in self._objects.items():
            objects.add(map(_FIELDS[name], events))

    def received(self) -> Sequence[int]:
        """When each event was received."""
        return self._values["received_at"]

    def body(self, is_kept: Sequence[bool]) -> bytes:
        """The body of an accepted record (spec.accepted): the kept events in their order."""
        columns = [
            self._objects[field.name].array()
            if field.name in _OBJECTS
            else _array(self._values[field.name], field)
            for field in accepted.SCHEMA
        ]
        batch = pa.RecordBatch.from_arrays(columns, schema=accepted.SCHEMA)
        if not all(is_kept):
            batch = batch.filter(pa.array(is_kept))
        return accepted.encode(batch)


class _Objects:
    """The JSON texts of objects, one behind the other, and where each ends."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = [0]

    def add(self, values: Iterable[dict[str, Any]]) -> None:
        text, ends = self._text, self._ends
        for value in values:
            if value:
                _encode_into(value, text, -1)
            else:
                text += b"{}"
            ends.append(len(text))

    def array(self) -> pa.Array:
        offsets: npt.NDArray[np.int32] = np.array(self._ends, np.int32)
        return pa.StringArray.from_buffers(
            len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(self._text)
        )


def _array(values: list[Any], field: pa.Field) -> pa.Array:
    if field.type == _TIME and not field.nullable:
        return pa.array(np.array(values, np.int64)).view(_TIME)
    return pa.array(values, field.type)


def quarantined_body(aside: Sequence[Aside]) -> bytes:
    """The body of a quarantined record: one QuarantinedEvent for each event counted.

    All that was kept aside of a request must come at once, for its events are numbered.
    """
    kept: list[quarantined.QuarantinedEvent] = []
    receipt, envelope, number = None, "", 0
    for each in aside:
        if each.receipt is not receipt:
            is_another = receipt is None or _place(each.receipt) != _place(receipt)
            receipt, number = each.receipt, 0 if is_another else number
            envelope = _envelope(receipt)
        kept.append(_kept(each, number, envelope))
        number += 1
    return quarantined.encode(kept)


def kept_aside(each: Aside, number: int) -> quarantined.QuarantinedEvent:
    """An event kept aside by itself; its number is no other's of its request."""
    return _kept(each, number, _envelope(each.receipt))


def _kept(each: Aside, number: int, envelope: str) -> quarantined.QuarantinedEvent:
    receipt = each.receipt
    place: tuple[object, ...] = (
        *(receipt.source_id, *_place(receipt), receipt.received_at, number),
        *(() if receipt.again is None else (receipt.again.run,)),
    )
    return quarantined.QuarantinedEvent(
        reason=each.verdict.reason.value,
        detail=each.verdict.detail,
        received_at=receipt.received_at,
        message_id=each.message_id,
        type=each.type,
        event=each.event,
        raw=_as_text(bytes(each.raw)),
        key=xxhash.xxh3_128_hexdigest(msgspec.json.encode(place)),
        envelope=envelope,
    )


def _place(receipt: Receipt) -> tuple[str, int]:
    return receipt.partition, receipt.position


def _envelope(receipt: Receipt) -> str:
    said = quarantined.Envelope(
        is_batch=not receipt.is_single,
        is_raw=receipt.is_raw,
        type=receipt.type,
        ip=receipt.ip,
        user_agent=receipt.user_agent,
        sent_at=receipt.sent_at,
        anonymous_id=receipt.anonymous_id,
        channel=receipt.channel,
        shared=receipt.shared,
        fixed=receipt.fixed,
        forwarded=receipt.forwarded,
    )
    return msgspec.json.encode(said).decode()


def _as_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return repaired(raw).decode()
