"""Events become the bodies of requests: at most 500 events and half a megabyte each."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from headwater.imports.model import Made, RowRejectedError

MAX_EVENTS: Final = 500
MAX_BYTES: Final = 450_000
MAX_EVENT_BYTES: Final = 4_000_000

_encode = msgspec.json.Encoder().encode


class Encoded(NamedTuple):
    """An event as JSON, and the row that it comes from."""

    row: int
    body: bytes


class Batch(NamedTuple):
    """The body of one request with `size` events; `last` is the number of its last one, from 1."""

    body: bytes
    size: int
    last: int
    row: int


def encode(made: Made, import_id: str) -> Encoded:
    """An event as JSON, with a messageId that is the same in every run of its import.

    Raises RowRejectedError for what cannot be JSON or is too large to be sent.
    """
    event = made.event
    if "messageId" not in event:
        event = {**event, "messageId": f"{import_id}-{made.row}-{made.ordinal}"}
    try:
        body = _encode(event)
    except UnicodeEncodeError:
        raise RowRejectedError("the row is not in the file's encoding: give --encoding") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise RowRejectedError(f"the event cannot be written as JSON: {error}") from None
    if len(body) > MAX_EVENT_BYTES:
        raise RowRejectedError(f"the event has {len(body)} bytes, more than {MAX_EVENT_BYTES}")
    return Encoded(made.row, body)


def batches(events: Iterable[Encoded], *, after: int = 0) -> Iterator[Batch]:
    """Batches of events, without the first `after` of them."""
    bodies: list[bytes] = []
    size = last = row = 0
    for number, event in enumerate(events, 1):
        if number <= after:
            continue
        if bodies and (len(bodies) == MAX_EVENTS or size + len(event.body) > MAX_BYTES):
            yield _batch(bodies, last, row)
            bodies, size = [], 0
        bodies.append(event.body)
        size += len(event.body) + 1
        last, row = number, event.row
    if bodies:
        yield _batch(bodies, last, row)


def _batch(bodies: list[bytes], last: int, row: int) -> Batch:
    return Batch(b'{"batch":[' + b",".join(bodies) + b"]}", len(bodies), last, row)
