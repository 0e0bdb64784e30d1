"""One event as a person writes it, in the columns that the loader reads: for previews, where no
pipeline has run. What the pipeline would have stamped (ids, times) is filled in where it lacks.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.loading.values import parse_time
from headwater.spec import EVENT_TYPES
from headwater.spec.accepted import SCHEMA

_TEXTS: Final[Mapping[str, str]] = {
    "messageId": "message_id",
    "event": "event",
    "name": "name",
    "category": "category",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "previousId": "previous_id",
}
_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_OBJECTS = ("properties", "traits", "context")


class RawEventError(ValueError):
    """The event could not be a row: the message says why."""


def accepted(event: Mapping[str, Any], *, now: int) -> pa.RecordBatch:
    """The one-row batch (spec.accepted.SCHEMA) of an event in Segment's common shape.

    `now` (microseconds since the epoch) stands for a missing receivedAt; a missing type is told
    from the other members. Raises RawEventError.
    """
    kind = _type(event)
    row: dict[str, Any] = {"type": kind}
    for member, column in _TEXTS.items():
        row[column] = _text(event.get(member), member)
    if kind == "track" and row["event"] is None:
        raise RawEventError("event is missing: a track call needs the event's name")
    if kind == "group" and row["group_id"] is None:
        raise RawEventError("groupId is missing: a group call needs it")
    row |= _times(event, now)
    members = {member: _object(event.get(member), member) for member in _OBJECTS}
    first, second = ("traits", "properties") if kind in ("identify", "group") else _OBJECTS[:2]
    main = first if event.get(first) is not None else second
    row["properties"] = _json(members[main])
    row["context"] = _json(members["context"])
    taken = {"type", *_TEXTS, *_TIMES, main, "context"}
    row["rest"] = _json({name: value for name, value in event.items() if name not in taken})
    row["message_id"] = row["message_id"] or "preview"
    return pa.RecordBatch.from_pylist([row], schema=SCHEMA)


def _type(event: Mapping[str, Any]) -> str:
    kind = event.get("type")
    if kind in EVENT_TYPES:
        return str(kind)
    if kind is not None:
        raise RawEventError(f"type is {_json(kind)}: it must be one of {', '.join(EVENT_TYPES)}")
    for member, told in (
        ("event", "track"),
        ("groupId", "group"),
        ("previousId", "alias"),
        ("traits", "identify"),
    ):
        if event.get(member) is not None:
            return told
    raise RawEventError(f"type is missing: it must be one of {', '.join(EVENT_TYPES)}")


def _text(value: Any, member: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _json(int(value) if float(value).is_integer() else value)
    raise RawEventError(f"{member} is {_json(value)}: it must be text")


def _object(value: Any, member: str) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise RawEventError(f"{member} is {_json(value)}: it must be an object")


def _times(event: Mapping[str, Any], now: int) -> dict[str, int | None]:
    """The four times; `timestamp` is corrected by how far the client's clock was off."""
    given = {member: _time(event.get(member)) for member in _TIMES}
    received = now if given["receivedAt"] is None else given["receivedAt"]
    original = given["originalTimestamp"]
    if original is None:
        original = given["timestamp"]
    sent = given["sentAt"]
    if original is None:
        timestamp = received
    elif sent is None:
        timestamp = original
    else:
        timestamp = received - (sent - original)
    return {
        "timestamp": timestamp,
        "original_timestamp": original,
        "sent_at": sent,
        "received_at": received,
    }


def _time(value: Any) -> int | None:
    return parse_time(value) if isinstance(value, str) else None


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
