"""Violations, as the API and the pages ask for them."""

from collections.abc import Collection

import msgspec

from headwater.kit import cursors
from headwater.kit.clock import MICROSECONDS_PER_HOUR, isoformat
from headwater.plans.violations.model import (
    COUNTS,
    MOST_SAMPLES,
    SAMPLES,
    CountRow,
    CountsLook,
    Place,
    SampleRow,
    SamplesLook,
    Selection,
    ViolationCount,
    ViolationSample,
    ViolationsPage,
)
from headwater.queries.looks import Looking, look
from headwater.spec.violations import ViolationType

_SAYS_VALUES = frozenset({ViolationType.FAILED_RULE})
"""Kinds whose description may hold what is in the event."""


async def counts(
    warehouse: Looking, workspace_id: str, sources: Collection[str], selection: Selection
) -> list[ViolationCount]:
    """How many violations a selection has, by hour, source, event, field and type; the latest hours
    first, and in each the most frequent. `sources` are those that the asker may see."""
    wanted = within(selection, sources)
    if wanted is None:
        return []
    rows = await look(warehouse, COUNTS, workspace_id, CountsLook(wanted), list[CountRow])
    return [_count(row) for row in rows]


async def samples(
    warehouse: Looking,
    workspace_id: str,
    sources: Collection[str],
    selection: Selection,
    *,
    cursor: str = "",
    count: int = 50,
    hidden: Collection[str] = (),
) -> ViolationsPage:
    """A page of violations, the newest first. `hidden` are sources of which the asker may not see
    what events hold. Raises BadRequestError."""
    after, wanted = cursors.read(cursor, Place), within(selection, sources)
    if wanted is None:
        return ViolationsPage([])
    count = min(count, MOST_SAMPLES)
    asked = SamplesLook(selection=wanted, after=after, count=count + 1)
    rows = await look(warehouse, SAMPLES, workspace_id, asked, list[SampleRow])
    following = ""
    if len(rows) > count:
        last = rows[count - 1]
        following = cursors.written(Place(last.received_at, last.key))
    return ViolationsPage([_sample(row, hidden) for row in rows[:count]], following)


def within(selection: Selection, sources: Collection[str]) -> Selection | None:
    """The selection, without what the asker may not see; None where nothing is left."""
    chosen = tuple(each for each in (selection.source_ids or sources) if each in sources)
    return msgspec.structs.replace(selection, source_ids=chosen) if chosen else None


def _count(row: CountRow) -> ViolationCount:
    said = row.description
    if row.type in _SAYS_VALUES:
        said = f"{row.field or 'The event'} is not as the tracking plan says"
    return ViolationCount(
        hour=isoformat(row.hour * MICROSECONDS_PER_HOUR),
        source_id=row.source_id,
        event_type=row.event_type,
        event=row.event,
        field=row.field,
        type=row.type,
        description=said,
        count=row.count,
        blocked=row.blocked,
        omitted=row.omitted,
        last_at=isoformat(row.last_at),
    )


def _sample(row: SampleRow, hidden: Collection[str]) -> ViolationSample:
    is_hidden = row.source_id in hidden
    return ViolationSample(
        source_id=row.source_id,
        plan_id=row.plan_id,
        received_at=isoformat(row.received_at),
        message_id=row.message_id,
        event_type=row.event_type,
        event=row.event,
        type=row.type,
        field=row.field,
        rule=row.rule,
        description=None if is_hidden and row.type in _SAYS_VALUES else row.description,
        value=None if is_hidden else row.value,
        event_version=row.event_version,
        remedy=row.remedy,
        count=row.count,
    )
