"""Events as the debugger shows them, and the trace of one."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

WHEREABOUTS: Final = "whereabouts"
"""The name of the look."""

LARGEST_RAW: Final = 65_536
"""Characters of an event as received that are shown."""


class Outcome(StrEnum):
    """What became of an event, as far as it is known."""

    WAITING = "waiting"
    """The pipeline has not come to it yet."""
    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    """An event with its messageId had passed before."""
    FILTERED = "filtered"
    UNKNOWN = "unknown"


class Seen(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One event as it passed. The same `id` may come again, with what has become known of it.

    `raw` is its JSON as received (cut short where `is_cut`), `normalised` the event as it is
    delivered; null unless it was accepted. `size` is that of its JSON in bytes.
    """

    id: str
    source_id: str
    received_at: str
    message_id: str
    type: str
    event: str
    user_id: str | None
    anonymous_id: str | None
    outcome: Outcome
    reason: str
    detail: str
    raw: str
    is_cut: bool
    normalised: dict[str, Any] | None
    library: str
    ip: str
    size: int


class StageName(StrEnum):
    """The stages of an event's way, in their order."""

    RECEIVED = "received"
    PIPELINE = "pipeline"
    ACCEPTED = "accepted"
    LOADED = "loaded"
    DELIVERIES = "deliveries"


class StageState(StrEnum):
    """How far an event is in a stage."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    """It ended its way here."""
    GONE = "gone"
    """It was here, and the log no longer holds it."""
    NONE = "none"
    """It does not come here."""


class Stage(msgspec.Struct, frozen=True):
    """A stage of an event's way, and what is known of it there."""

    name: StageName
    state: StageState
    at: str | None = None
    facts: dict[str, Any] = {}


class Difference(msgspec.Struct, frozen=True):
    """A value that is not the same in two JSON objects: added, removed or changed."""

    path: str
    change: str
    before: Any = None
    after: Any = None


class Trace(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The whole way of one event. `differences` lead from `raw` to `normalised`; `repeats` counts
    further copies with its messageId in what the log holds of the last while."""

    message_id: str
    source_id: str
    outcome: Outcome
    reason: str
    detail: str
    raw: str | None
    normalised: dict[str, Any] | None
    differences: Sequence[Difference]
    stages: Sequence[Stage]
    quarantine_key: str | None
    repeats: int


class WhereaboutsLook(msgspec.Struct, frozen=True):
    """Asks the warehouse what it holds of messageIds: rows, and events kept aside.

    With `received` only what was received between two times, both included (microseconds): then
    the warehouse need not be gone through as a whole.
    """

    slugs: tuple[str, ...]
    source_ids: tuple[str, ...]
    message_ids: tuple[str, ...]
    received: tuple[int, int] | None = None


class Loaded(msgspec.Struct, frozen=True):
    """An event that the warehouse has a row of."""

    slug: str
    message_id: str
    received_at: int
    json: dict[str, Any]


class KeptAside(msgspec.Struct, frozen=True):
    """An event that the warehouse has in quarantine."""

    source_id: str
    message_id: str
    received_at: int
    reason: str
    detail: str
    key: str
    raw: str


class Whereabouts(msgspec.Struct, frozen=True):
    """What the warehouse holds of some messageIds."""

    loaded: list[Loaded]
    kept_aside: list[KeptAside]
