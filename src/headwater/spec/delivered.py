"""An event in Segment's common shape, as it is delivered: of the columns that it passed in."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from headwater.kit.clock import isoformat

TEXTS: Final = {
    "messageId": "message_id",
    "type": "type",
    "event": "event",
    "name": "name",
    "category": "category",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "previousId": "previous_id",
}
TIMES: Final = {
    "timestamp": "timestamp",
    "originalTimestamp": "original_timestamp",
    "sentAt": "sent_at",
    "receivedAt": "received_at",
}
_TRAITS: Final = frozenset({"identify", "group"})
_REST: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def delivered(row: Mapping[str, Any]) -> dict[str, object]:
    """The event of a row of spec.accepted.SCHEMA; its times are in microseconds.

    What was JSON in the row is msgspec.Raw in the event.
    """
    event: dict[str, object] = {
        member: row[column] for member, column in TEXTS.items() if row[column] is not None
    }
    for member, column in TIMES.items():
        if row[column] is not None:
            event[member] = isoformat(row[column])
    if row["type"] != "alias" or row["properties"] != "{}":
        member = "traits" if row["type"] in _TRAITS else "properties"
        event[member] = msgspec.Raw(row["properties"].encode())
    event["context"] = msgspec.Raw(row["context"].encode())
    for member, value in _REST.decode(row["rest"]).items():
        event.setdefault(member, value)
    return event
