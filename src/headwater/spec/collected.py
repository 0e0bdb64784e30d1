"""What the collector writes about a request; the body stands beside it as it was received."""

from enum import StrEnum

import msgspec

from headwater.spec.again import Again


class Shape(StrEnum):
    """What the body of a collected request holds."""

    EVENT = "event"
    """One JSON object: one event."""
    BATCH = "batch"
    """A JSON object with a `batch` array, or a bare JSON array of events."""


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a request came, in a collected record's `meta` (as JSON).

    `type` is what the path said the events are, for those that do not say it themselves;
    `fixed` are members that the path, the query or a header fixed, which win over the body's.
    `failed` says why the body, a request to a webhook source, did not become events.
    `replay` is the quarantine's key of an event that is sent on again and whose messageId was let
    through before (the warehouse refused it): by it the two are told apart. `forwarded` is the
    source whose tracking plan sent the event here. `again` is set where
    a replay sends a request again.
    """

    shape: Shape
    type: str = ""
    ip: str = ""
    user_agent: str = ""
    sent_at: str = ""
    anonymous_id: str = ""
    gzipped: bool = False
    fixed: dict[str, str] = {}
    channel: str = ""
    replay: str = ""
    forwarded: str = ""
    again: Again | None = None
    failed: str = ""


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Request)
