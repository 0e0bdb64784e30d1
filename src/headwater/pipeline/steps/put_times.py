"""When it happened, by the server's clock."""

from typing import Any

from headwater.pipeline import times
from headwater.pipeline.event import Event


def put_times(event: Event) -> None:
    """Set the three times of an event, its clock's skew corrected.

    timestamp = receivedAt - (sentAt - originalTimestamp), as Segment's Spec has it, where
    `timestamp` alone is the original one; beside `originalTimestamp` it is explicit and kept
    (rudder-sdk-node). Without sentAt the original time is taken as it is, without any time
    receivedAt. A time that cannot be read stays among the other members, and counts as not sent.
    """
    rest, receipt = event.rest, event.receipt
    timestamp = _taken(rest, "timestamp") if "timestamp" in rest else None
    original = _taken(rest, "originalTimestamp") if "originalTimestamp" in rest else None
    sent = _taken(rest, "sentAt") if "sentAt" in rest else None
    if sent is None:
        sent = receipt.sent_at
    event.sent_at = sent
    if original is None:
        original = timestamp
    elif timestamp is not None:
        event.timestamp, event.original_timestamp = timestamp, original
        return
    if original is None:
        event.timestamp = event.original_timestamp = receipt.received_at
        return
    event.original_timestamp = original
    if sent is None:
        event.timestamp = original
        return
    corrected = receipt.received_at - (sent - original)
    if times.EARLIEST <= corrected <= times.LATEST:
        event.timestamp = corrected
    else:
        event.timestamp = original


def _taken(rest: dict[str, Any], name: str) -> int | None:
    value = rest.pop(name)
    if value is None:
        return None
    moment = times.microseconds(value)
    if moment is None:
        rest[name] = value
    return moment
