"""What a replay writes beside what it sends again, and what then passes the pipeline."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from headwater.spec.quarantined import QuarantinedEvent

REPLAYED: Final = "replayed"
"""The reason under which the ledger balances events that a replay sent again: as long as they are
under way, and where one came to be loaded that was left out before, it counts below zero."""

AGAIN: Final = "again"
"""The reason of what replays sent again, in the outcome `replayed`; the others are quarantine's."""

REPEATED: Final = "repeated"
"""The reason of an event that is left out as another of its messageId passes in the same replay."""

_NOTE: Final = b'"again":'


class Mode(StrEnum):
    """What a replay does with events that are in the warehouse already."""

    AGAIN = "again"
    """What they become under today's configuration takes the place of what is there."""
    MISSING = "missing"
    """They stay as they are: only what is not there is sent."""


class Again(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a request that a replay sends again stood first. `only` are the numbers of its events
    that are sent; none named: all of them."""

    run: str
    mode: Mode
    partition: str
    position: int
    only: tuple[int, ...] = ()


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """The `meta` of an accepted record of events that a replay sent again.

    Its body is one of spec.accepted, or, where `left_out`, one of `encode` below.
    """

    run: str
    mode: Mode
    left_out: bool = False


class LeftOut(msgspec.Struct, frozen=True, array_like=True):
    """An event that was sent again and does not pass any more: what it was before has to go.

    `reason` is of the rule that leaves it out, or of `kept`: the event as it is kept aside.
    """

    message_id: str
    received_at: int
    reason: str
    kept: QuarantinedEvent | None = None


_decode_note = msgspec.json.Decoder(Note).decode
_decode = msgspec.json.Decoder(list[LeftOut]).decode


def is_again(meta: bytes) -> bool:
    """Whether a collected request was sent by a replay."""
    return _NOTE in meta


def note(meta: bytes) -> Note | None:
    """What is noted beside an accepted record; None for events that came the first time."""
    return _decode_note(meta) if meta else None


def encode(events: Sequence[LeftOut]) -> bytes:
    """The body of an accepted record of events that are left out."""
    return msgspec.json.encode(events)


def decode(body: bytes) -> list[LeftOut]:
    return _decode(body)
