"""Every event has an id of its own, by which it is told from its repetitions."""

import uuid
from typing import Final

import msgspec
import xxhash

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.pipeline.identifiers import number_text
from headwater.spec.reasons import Reason

LONGEST: Final = 100
"""Characters; Segment's own bound."""


def require_message_id(event: Event) -> Verdict:
    """Take `messageId` as text, or make one that is the same whenever the request is read again."""
    value = event.rest.pop("messageId", None)
    if type(value) is not str:
        if value is None:
            value = ""
        elif (value := number_text(found := value)) is None:
            detail = f"`messageId` is {shown(found)} and not text."
            return Quarantine(Reason.MESSAGE_ID_INVALID, detail)
    if len(value) > LONGEST:
        return Quarantine(
            Reason.MESSAGE_ID_INVALID,
            f"`messageId` has {len(value)} characters; it may have {LONGEST}.",
        )
    event.message_id = value or _made(event)
    return None


def _made(event: Event) -> str:
    receipt = event.receipt
    # The time too: a log that begins anew, as after a restore, has the same positions again.
    place = (
        *(receipt.source_id, receipt.partition, receipt.position),
        *(event.index, receipt.received_at),
    )
    hashed = xxhash.xxh3_128_digest(msgspec.json.encode(place))
    return str(uuid.UUID(bytes=hashed, version=5))
