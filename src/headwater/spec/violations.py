"""How events differ from the tracking plan: the body of the violations stream's records (a JSON
array)."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class ViolationType(StrEnum):
    """The kinds of violation."""

    UNPLANNED_EVENT = "unplanned_event"
    """The plan has no track event of this name."""
    UNPLANNED_PROPERTY = "unplanned_property"
    """The plan has the event, and not this property."""
    UNPLANNED_TRAIT = "unplanned_trait"
    """The plan does not have this trait."""
    MISSING_REQUIRED = "missing_required"
    """A required member is not there."""
    WRONG_TYPE = "wrong_type"
    """A value is of another type."""
    FAILED_RULE = "failed_rule"
    """A value is not as the plan says: none of the allowed ones, out of range, of another form."""


class Remedy(StrEnum):
    """What became of the event, or of the field, for the violation."""

    ALLOWED = "allowed"
    """It was let through as it was."""
    OMITTED = "omitted"
    """The field was left out, and the rest let through."""
    BLOCKED = "blocked"
    """The event was kept aside."""
    FORWARDED = "forwarded"
    """The event was sent to another source."""


class Violation(msgspec.Struct, frozen=True):
    """One difference between an event and its source's plan.

    `field` is the path of what is wrong; `value` its JSON, cut short. `rule` is the JSON Schema's
    keyword, `event_version` the version of the plan's rule (None: there is no such event).
    `count` is one, but where a note stands for several for which there was no more room.
    """

    key: str
    plan_id: str
    received_at: int
    message_id: str
    event_type: str
    event: str
    type: ViolationType
    field: str
    rule: str
    description: str
    value: str
    event_version: int | None
    remedy: Remedy
    count: int = 1


_DECODER = msgspec.json.Decoder(list[Violation])


def encode(violations: Sequence[Violation]) -> bytes:
    return msgspec.json.encode(violations)


def decode(body: bytes) -> list[Violation]:
    return _DECODER.decode(body)
