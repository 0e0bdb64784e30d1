"""Events kept aside, and why: the body of the quarantined stream's records (a JSON array)."""

from collections.abc import Sequence

import msgspec


class QuarantinedEvent(msgspec.Struct, frozen=True):
    """One event that was kept aside. `raw` is its JSON as received, repaired only to be text."""

    reason: str
    detail: str
    received_at: int
    message_id: str
    type: str
    event: str
    raw: str


_DECODER = msgspec.json.Decoder(list[QuarantinedEvent])


def encode(events: Sequence[QuarantinedEvent]) -> bytes:
    return msgspec.json.encode(events)


def decode(body: bytes) -> list[QuarantinedEvent]:
    return _DECODER.decode(body)
