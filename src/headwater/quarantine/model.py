"""What lies in quarantine, and what is done about it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.kit.cursors import Moment

KEPT: Final = "quarantined"
COUNTS: Final = "quarantined_counts"
DECIDE: Final = "decide_quarantined"
"""The names of the looks; the last is a note."""

MOST_KEYS: Final = 1_000
MOST_FIXES: Final = 20
MOST_PAGE: Final = 200
MOST_PREVIEWED: Final = 1_000
MOST_RUNS: Final = 200

_Text = Annotated[str, Meta(max_length=1000)]
LARGEST_RAW: Final = 500_000


class State(StrEnum):
    """What was decided about a quarantined event."""

    OPEN = "open"
    """Nothing yet."""
    REPLAYED = "replayed"
    """It was sent on again."""
    DISMISSED = "dismissed"
    """Nobody need look at it."""


class Selection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Quarantined events: those that fulfil all that is given.

    `since` and `until` (microseconds, until exclusive) are of their receipt; `event` is a name as
    sent; `keys` names single events.
    """

    reason: _Text = ""
    source_ids: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()
    event: _Text | None = None
    since: int | None = None
    until: int | None = None
    keys: Annotated[tuple[str, ...], Meta(max_length=MOST_KEYS)] = ()
    state: State = State.OPEN


class Place(msgspec.Struct, frozen=True, array_like=True):
    """An event's place in the order of lists: the newest receipt first."""

    received_at: Moment
    key: str


class KeptLook(msgspec.Struct, frozen=True, kw_only=True):
    """Asks the warehouse for a page of quarantined events."""

    selection: Selection
    after: Place | None = None
    count: int = 50


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A quarantined event as the warehouse holds it; `envelope` see spec.quarantined."""

    key: str
    source_id: str
    received_at: int
    message_id: str
    type: str
    event: str
    reason: str
    detail: str
    raw: str
    envelope: str | None
    state: str | None


class CountsLook(msgspec.Struct, frozen=True):
    """Asks how many events a selection has, by reason, source and hour of receipt."""

    selection: Selection


class KeptCount(msgspec.Struct, frozen=True, array_like=True):
    """How many events, and when the newest was received."""

    reason: str
    source_id: str
    hour: int
    count: int
    last_at: int


class DecideLook(msgspec.Struct, frozen=True):
    """Tells the warehouse what was decided about events; `state` OPEN takes a decision back."""

    keys: tuple[str, ...]
    state: State


class ReasonCount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A reason and its open events. `trend` counts those of the last 24 hours, by the hour of their
    receipt, the oldest first; `meaning` says it in a sentence, `remedy` what to do about it."""

    reason: str
    count: int
    trend: Sequence[int]
    sources: Mapping[str, int]
    last_at: str | None
    meaning: str
    remedy: str


class Kept(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A quarantined event. `field` is the path that the reason is about, where it is about one."""

    key: str
    source_id: str
    received_at: str
    message_id: str
    type: str
    event: str
    reason: str
    detail: str
    raw: str
    field: str | None
    state: State


class KeptPage(msgspec.Struct, frozen=True):
    """A page of quarantined events; `next` is the cursor of the page after it, empty at the end."""

    events: Sequence[Kept]
    next: str = ""


class Operation(StrEnum):
    """What a fix does to a field."""

    SET = "set"
    """Give it a value, whatever it has."""
    RENAME = "rename"
    """Move its value to another path, where nothing stands there."""
    REMOVE = "remove"
    CAST = "cast"
    """Make its value one of another type, where it can be read as one."""


class Cast(StrEnum):
    """The types that a value can be made one of."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    """A text that is the JSON of an object becomes it; anything else an empty object."""


class Fix(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of one field: `to` is the new path of a rename, `value` what is set, `type` what a
    value is cast to."""

    op: Operation
    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    to: _Text = ""
    value: Any = None
    type: Cast = Cast.TEXT


Fixes = Annotated[tuple[Fix, ...], Meta(max_length=MOST_FIXES)]


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would become of an event: `verdict` is passes, or the reason that it would be kept aside
    for again (`detail` says more)."""

    key: str
    before: str
    after: str
    verdict: str
    detail: str


class Preview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a replay would do: of `total` events the newest `checked` were tried."""

    total: int
    checked: int
    passes: int
    fails: int
    examples: Sequence[PreviewRow]


class Kind(StrEnum):
    """What a run does."""

    REPLAY = "replay"
    DISMISS = "dismiss"
    RESTORE = "restore"


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    DONE = "done"


class Run(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something done about many events at once: `events` were decided so far, of `total`; `skipped`
    cannot be sent on, for they are no single events."""

    id: str
    kind: Kind
    actor: str
    actor_name: str
    at: str
    selection: Selection
    fixes: Sequence[Fix] = ()
    events: int = 0
    skipped: int = 0
    total: int = 0
    state: RunState = RunState.RUNNING
