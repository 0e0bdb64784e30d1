"""Events kept aside, and why: the body of the quarantined stream's records (a JSON array)."""

from collections.abc import Sequence
from typing import Any

import msgspec


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What an event's request said for it, so that it can be sent on again as it came.

    `is_raw` says that it is a request to a webhook source of which no events could be made.
    `sent_at` is in microseconds; `shared` are members that its batch had for all of its events,
    `fixed` those that its path fixed; `forwarded` see spec.collected.
    """

    is_batch: bool = False
    type: str = ""
    ip: str = ""
    user_agent: str = ""
    sent_at: int | None = None
    anonymous_id: str = ""
    channel: str = ""
    shared: dict[str, Any] = {}
    fixed: dict[str, str] = {}
    forwarded: str = ""
    is_raw: bool = False


class QuarantinedEvent(msgspec.Struct, frozen=True):
    """One event that was kept aside. `raw` is its JSON as received, repaired only to be text.

    `key` is like no other's; `envelope` is an Envelope as JSON, empty where it says nothing.
    """

    reason: str
    detail: str
    received_at: int
    message_id: str
    type: str
    event: str
    raw: str
    key: str = ""
    envelope: str = ""


_DECODER = msgspec.json.Decoder(list[QuarantinedEvent])


def encode(events: Sequence[QuarantinedEvent]) -> bytes:
    return msgspec.json.encode(events)


def decode(body: bytes) -> list[QuarantinedEvent]:
    return _DECODER.decode(body)
