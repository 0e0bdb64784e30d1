"""What a source really sends: its events, and the properties in them."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

EVENTS_SEEN: Final = "events_seen"
SAMPLE: Final = "sample"
"""The names of the looks."""

MOST_EVENTS: Final = 1_000
MOST_PATHS: Final = 500
MOST_SAMPLED: Final = 10_000
SAMPLED: Final = 2_000


class EventSeen(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event of a source: the calls of a type, or track events of a name.

    `table` is where its rows are; `share` is of all the source's events; `count_recent` counts the
    last 24 hours.
    """

    type: str
    event: str | None
    table: str
    count: int
    count_recent: int
    share: float
    first_seen: str
    last_seen: str


class TypeShare(msgspec.Struct, frozen=True):
    """How often a value was of a type: text, integer, float, boolean, time, object, array, null."""

    type: str
    share: float


class PropertySeen(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value that events have at a path, as the sampled ones had it.

    `presence` is the share of events that have it, null counted; `distinct` how many values it
    took (exact up to a bound, then at least so many); `examples` are JSON texts, cut short.
    """

    path: str
    column: str
    types: Sequence[TypeShare]
    presence: float
    distinct: int
    examples: Sequence[str]
    first_seen: str
    last_seen: str


class EventSchema(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event's properties, by a sample of its newest events. `conflicts` counts the values that
    did not fit their column."""

    type: str
    event: str | None
    table: str
    count: int
    sampled: int
    first_seen: str | None
    last_seen: str | None
    properties: Sequence[PropertySeen]
    conflicts: int


class EventsSeenLook(msgspec.Struct, frozen=True):
    """Asks which events a source has had; recent are those since a time (microseconds)."""

    slug: str
    recent_since: int
    limit: int = MOST_EVENTS


class EventCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of a kind there are, and when the first and last came (microseconds)."""

    type: str
    event: str | None
    table: str
    count: int
    count_recent: int
    first_seen: int
    last_seen: int


class SampleLook(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for the newest events of a kind. Without `event`, all of the type."""

    slug: str
    type: str
    event: str | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST_SAMPLED)] = SAMPLED


class SampleRow(msgspec.Struct, frozen=True, array_like=True):
    """When an event came, and the JSON texts of its properties (or traits) and context."""

    received_at: int
    properties: str
    context: str


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Events of a kind: how many there are in all, and the newest of them."""

    table: str
    count: int
    first_seen: int | None
    last_seen: int | None
    conflicts: int
    rows: Sequence[SampleRow]
