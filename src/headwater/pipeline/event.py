"""An event on its way through the steps, the receipt of its request, and what a step decides."""

from typing import Any, Final

import msgspec

from headwater.spec.again import Again
from headwater.spec.reasons import Reason

_SHOWN: Final = 60


class Limits(msgspec.Struct, frozen=True):
    """The settings of the same names; see headwater.settings."""

    max_event_bytes: int = 32_768
    max_batch_events: int = 2500
    max_nesting: int = 100


class Receipt(msgspec.Struct, frozen=True):
    """What all events of one request share.

    `received_at` and `sent_at` (None: the request has none) are microseconds since the epoch.
    `type`, `anonymous_id` and `channel` stand in where an event says nothing itself; `shared` is
    what a batch says for all its events, `fixed` what the path fixed. `partition` and `position`
    are the request's place in the log: where it came first, if it is sent `again`. `replay` tells
    events of one messageId apart, see spec.collected; `is_raw` see spec.quarantined.
    """

    source_id: str
    received_at: int
    hour: int
    partition: str
    position: int
    is_enabled: bool = True
    is_client_side: bool = False
    is_single: bool = False
    type: str = ""
    ip: str = ""
    user_agent: str = ""
    anonymous_id: str = ""
    channel: str = ""
    sent_at: int | None = None
    shared: dict[str, Any] = {}
    fixed: dict[str, str] = {}
    replay: str = ""
    forwarded: str = ""
    again: Again | None = None
    is_raw: bool = False


class Quarantine(msgspec.Struct, frozen=True):
    """The event is kept aside; `detail` says to a person what is wrong with it."""

    reason: Reason
    detail: str


class Drop(msgspec.Struct, frozen=True):
    """The event is left out on purpose; `reason` names the rule."""

    reason: str


Verdict = Quarantine | Drop | None
"""What a step decides: None keeps the event."""


class Event(msgspec.Struct, gc=False):
    """One event. Steps move members from `rest`, which holds them all at first, to their fields.

    `index` is its place in the request, `raw` its JSON as received. Times are microseconds since
    the epoch in UTC.
    """

    rest: dict[str, Any]
    receipt: Receipt
    index: int
    raw: msgspec.Raw | bytes
    message_id: str = ""
    type: str = ""
    event: str | None = None
    name: str | None = None
    category: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = None
    previous_id: str | None = None
    timestamp: int = 0
    original_timestamp: int = 0
    sent_at: int | None = None
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}


class Aside(msgspec.Struct, frozen=True):
    """An event that is kept aside, or a part of a request that did not become one."""

    receipt: Receipt
    verdict: Quarantine
    raw: msgspec.Raw | bytes
    message_id: str = ""
    type: str = ""
    event: str = ""


def aside(event: Event, verdict: Quarantine) -> Aside:
    """The event as it is kept aside, with what is known of it by now."""
    rest = event.rest
    return Aside(
        event.receipt,
        verdict,
        event.raw,
        event.message_id or _text(rest.get("messageId")),
        event.type or _text(rest.get("type")) or event.receipt.type,
        event.event or _text(rest.get("event")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def shown(value: object) -> str:
    """A value as a message shows it: its JSON, cut short."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
