"""Asking the warehouse for events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from headwater.errors import BadRequestError
from headwater.kit import cursors
from headwater.kit.clock import isoformat
from headwater.queries.looks import Looking, look
from headwater.search.model import (
    EVENT,
    EVENTS,
    Comparison,
    EventLook,
    EventRows,
    EventsLook,
    EventsSeen,
    Found,
    FoundEvent,
    Place,
    PropertyTerm,
    Search,
    StoredEvent,
    StoredRow,
    Term,
)
from headwater.search.paths import place_of
from headwater.workspaces.model import Source

SECONDS: Final = 2.0
"""A page that is not full by then is given as far as it got."""


class EventSearch:
    """Searches the stored events of workspaces."""

    def __init__(self, warehouse: Looking, *, seconds: float = SECONDS) -> None:
        self._warehouse = warehouse
        self._seconds = seconds

    async def events(self, workspace_id: str, sources: Sequence[Source], wanted: Search) -> Found:
        """A page of events of these sources, the newest first. Raises BadRequestError."""
        ids = _ids(sources)
        asked = look_of(wanted, ids, self._seconds)
        if not ids:
            return Found(events=[])
        seen = await look(self._warehouse, EVENTS, workspace_id, asked, EventsSeen)
        return page(seen, wanted, ids)

    async def event(
        self,
        workspace_id: str,
        sources: Sequence[Source],
        message_id: str,
        received_at: int | None = None,
    ) -> list[StoredEvent]:
        """The events with a messageId in these sources: normally one; none where it is unknown.

        `received_at` is when it is thought to have been received: if so, it is found sooner.
        """
        ids = _ids(sources)
        if not ids or not message_id:
            return []
        found: list[EventRows] = []
        for at in dict.fromkeys((received_at, None)):
            wanted = EventLook(tuple(ids), message_id, at)
            found = await look(self._warehouse, EVENT, workspace_id, wanted, list[EventRows])
            if found:
                break
        return [_stored_event(each, ids) for each in found]


def look_of(wanted: Search, slugs: Iterable[str], seconds: float = SECONDS) -> EventsLook:
    """What the warehouse is asked for a search in sources. Raises BadRequestError."""
    return EventsLook(
        slugs=tuple(slugs),
        person=wanted.person.strip(),
        event=wanted.event.strip(),
        type=wanted.type.strip(),
        text=wanted.text.strip(),
        terms=tuple(map(_term, wanted.properties)),
        since=wanted.since,
        until=wanted.until,
        after=cursors.read(wanted.cursor, Place),
        count=wanted.count + 1,
        seconds=seconds,
    )


def page(seen: EventsSeen, wanted: Search, ids: Mapping[str, str]) -> Found:
    """The page that the warehouse's answer makes; it was asked for one event more."""
    shown = seen.rows[: wanted.count]
    found = Found(events=[_found_event(row, ids) for row in shown])
    if len(seen.rows) > wanted.count:
        last = shown[-1]
        found.next = cursors.written(Place(last.received_at, last.message_id, last.slug))
    elif seen.back_to is not None:
        # Before every event of that microsecond: no id sorts before the empty one.
        found.next = cursors.written(Place(seen.back_to, "", ""))
        found.searched_back_to = isoformat(seen.back_to)
        found.is_complete = False
    return found


def _ids(sources: Sequence[Source]) -> dict[str, str]:
    return {source.slug: source.id for source in sources}


def _term(wanted: PropertyTerm) -> Term:
    column, keys = place_of(wanted.path)
    if wanted.op is Comparison.CONTAINS and not isinstance(wanted.value, str):
        raise BadRequestError(
            f"{wanted.path}: only a text can be contained.", hint="Compare for equality instead."
        )
    return Term(column, keys, wanted.op, wanted.value)


def _found_event(row: StoredRow, ids: Mapping[str, str]) -> FoundEvent:
    return FoundEvent(
        source_id=ids.get(row.slug, ""),
        source=row.slug,
        message_id=row.message_id,
        type=row.type,
        event=row.event,
        name=row.name,
        user_id=row.user_id,
        anonymous_id=row.anonymous_id,
        received_at=isoformat(row.received_at),
        timestamp=isoformat(row.timestamp),
        json=row.json,
    )


def _stored_event(found: EventRows, ids: Mapping[str, str]) -> StoredEvent:
    shown = msgspec.structs.asdict(_found_event(found.stored, ids))
    return StoredEvent(**shown, rows=found.rows)
