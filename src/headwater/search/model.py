"""What is searched for, and what is found."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.kit.cursors import Moment

EVENTS: Final = "events"
EVENT: Final = "event"
"""The names of the looks."""

MOST_EVENTS: Final = 200
MOST_TERMS: Final = 10
LONGEST_TEXT: Final = 1000

_Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class Comparison(StrEnum):
    """How a property is compared."""

    EQUALS = "equals"
    CONTAINS = "contains"
    """Of texts: anywhere in it, in any letter case."""
    EXISTS = "exists"
    """It is there and not null."""


class PropertyTerm(msgspec.Struct, frozen=True, rename="camel"):
    """A condition on a value in the event, such as `properties.plan`.

    `path` begins with properties, traits or context, or else names another member of the event.
    """

    path: _Text
    op: Comparison = Comparison.EQUALS
    value: _Text | int | float | bool | None = None


class Search(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The events that fulfil all that is given, received in [since, until) (microseconds).

    `person` is a user's id, an anonymous id or an e-mail address; `event` the name as sent, or its
    table's. `cursor` is the `next` of what was found.
    """

    person: _Text = ""
    event: _Text = ""
    type: _Text = ""
    text: _Text = ""
    properties: Annotated[tuple[PropertyTerm, ...], Meta(max_length=MOST_TERMS)] = ()
    since: int | None = None
    until: int | None = None
    cursor: _Text = ""
    count: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 50


class Place(msgspec.Struct, frozen=True, array_like=True):
    """An event's place in the order of a search: all events are before it or after it."""

    received_at: Moment
    message_id: str
    slug: str


class Term(msgspec.Struct, frozen=True):
    """A PropertyTerm whose path is read: the column that holds the value, and its keys in it."""

    column: str
    keys: tuple[str, ...]
    op: Comparison
    value: str | int | float | bool | None


class EventsLook(msgspec.Struct, frozen=True, kw_only=True):
    """What the warehouse is asked for a page of events: those after a place, within a time."""

    slugs: tuple[str, ...]
    person: str = ""
    event: str = ""
    type: str = ""
    text: str = ""
    terms: tuple[Term, ...] = ()
    since: int | None = None
    until: int | None = None
    after: Place | None = None
    count: int = 50
    seconds: float = 2.0


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the warehouse holds it; `json` is the whole of it in Segment's common shape."""

    slug: str
    message_id: str
    type: str
    event: str | None
    name: str | None
    user_id: str | None
    anonymous_id: str | None
    received_at: int
    timestamp: int
    json: dict[str, Any]


class EventsSeen(msgspec.Struct, frozen=True):
    """A page. `back_to` is the time (microseconds) before which was not looked; None: all was."""

    rows: list[StoredRow]
    back_to: int | None = None


class EventLook(msgspec.Struct, frozen=True):
    """Asks for the events with a messageId; with `received_at` (microseconds) for one that was
    received then, for which the warehouse need not be gone through as a whole."""

    slugs: tuple[str, ...]
    message_id: str
    received_at: Moment | None = None


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """A row of a table that an event became."""

    table: str
    row: Mapping[str, Any]


class EventRows(msgspec.Struct, frozen=True):
    """A stored event and its rows in the typed tables."""

    stored: StoredRow
    rows: list[Row]


class FoundEvent(msgspec.Struct, kw_only=True, rename="camel"):
    """An event as it is shown. `source` is its source's slug."""

    source_id: str
    source: str
    message_id: str
    type: str
    event: str | None
    name: str | None
    user_id: str | None
    anonymous_id: str | None
    received_at: str
    timestamp: str
    json: dict[str, Any]


class StoredEvent(FoundEvent, kw_only=True, rename="camel"):
    """An event with its rows in the warehouse's tables."""

    rows: list[Row] = []


class Found(msgspec.Struct, kw_only=True, rename="camel"):
    """A page of events. `next` is the cursor of the page after it; empty at the end.

    Where `is_complete` is false, time ran out before the page was full: `next` goes on from
    `searched_back_to`.
    """

    events: list[FoundEvent]
    next: str = ""
    searched_back_to: str | None = None
    is_complete: bool = True
