"""Schemas as the API and the pages ask for them."""

from typing import Final

import anyio.to_thread

from headwater.kit.clock import Clock, isoformat
from headwater.queries.looks import Looking, look
from headwater.schemas import rules
from headwater.schemas.model import (
    EVENTS_SEEN,
    SAMPLE,
    SAMPLED,
    EventCount,
    EventSchema,
    EventSeen,
    EventsSeenLook,
    Sample,
    SampleLook,
)

_DAY: Final = 86_400_000_000


class Schemas:
    """Tells what a source sends, from what the warehouse holds when it is asked."""

    def __init__(self, warehouse: Looking, clock: Clock) -> None:
        self._warehouse = warehouse
        self._clock = clock

    async def events(self, workspace_id: str, slug: str) -> list[EventSeen]:
        """The events of a source, by its slug; the most frequent first."""
        wanted = EventsSeenLook(slug, self._clock.now() - _DAY)
        found = await look(self._warehouse, EVENTS_SEEN, workspace_id, wanted, list[EventCount])
        total = sum(each.count for each in found)
        return [_event(each, total) for each in found]

    async def properties(
        self,
        workspace_id: str,
        slug: str,
        type: str,  # noqa: A002 - the field's name
        event: str | None = None,
        sample: int = SAMPLED,
    ) -> EventSchema:
        """The properties of an event, by its newest events. Raises BadRequestError."""
        wanted = SampleLook(slug=slug, type=type, event=event, limit=sample)
        found = await look(self._warehouse, SAMPLE, workspace_id, wanted, Sample)
        properties = await anyio.to_thread.run_sync(rules.properties, type, found.rows)
        return EventSchema(
            type=type,
            event=event,
            table=found.table,
            count=found.count,
            sampled=len(found.rows),
            first_seen=None if found.first_seen is None else isoformat(found.first_seen),
            last_seen=None if found.last_seen is None else isoformat(found.last_seen),
            properties=properties,
            conflicts=found.conflicts,
        )


def _event(found: EventCount, total: int) -> EventSeen:
    return EventSeen(
        type=found.type,
        event=found.event,
        table=found.table,
        count=found.count,
        count_recent=found.count_recent,
        share=round(found.count / total, 4),
        first_seen=isoformat(found.first_seen),
        last_seen=isoformat(found.last_seen),
    )
