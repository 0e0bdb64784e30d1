"""What lies in quarantine, as the API and the pages ask for it."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Final

import anyio.to_thread
import msgspec

from headwater.errors import NotFoundError
from headwater.kit import cursors
from headwater.kit.clock import Clock, hour_of, isoformat
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Programs
from headwater.quarantine import fixes
from headwater.quarantine.meanings import field_of, meaning_of, remedy_of
from headwater.quarantine.model import (
    COUNTS,
    KEPT,
    MOST_PREVIEWED,
    CountsLook,
    Fix,
    Kept,
    KeptCount,
    KeptLook,
    KeptPage,
    KeptRow,
    Place,
    Preview,
    PreviewRow,
    ReasonCount,
    Selection,
    State,
)
from headwater.quarantine.replaying import (
    PASSES,
    UNREADABLE,
    Remake,
    no_remake,
    replay_of,
    tried,
    written,
)
from headwater.queries.looks import Looking, look
from headwater.workspaces.model import Source

HOURS: Final = 24
_EXPORTED_AT_ONCE: Final = 1_000

Sources = Collection[str] | None
"""The ids of the sources that the asker may see; None for all that there are and were."""


class Reader:
    """Reads the quarantine of workspaces."""

    def __init__(self, warehouse: Looking, clock: Clock, remake: Remake = no_remake) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._remake = remake

    async def reasons(self, workspace_id: str, sources: Sources) -> list[ReasonCount]:
        """The reasons of open events, the most frequent first."""
        wanted = within(Selection(), sources)
        counts = [] if wanted is None else await self.counts(workspace_id, wanted)
        return reason_counts(counts, self._clock.now())

    async def counts(self, workspace_id: str, wanted: Selection) -> list[KeptCount]:
        """How many events a selection has, by reason, source and hour."""
        asked = CountsLook(wanted)
        return await look(self._warehouse, COUNTS, workspace_id, asked, list[KeptCount])

    async def events(
        self,
        workspace_id: str,
        sources: Sources,
        selection: Selection,
        cursor: str = "",
        count: int = 50,
    ) -> KeptPage:
        """A page of events, the newest first. Raises BadRequestError."""
        after, wanted = cursors.read(cursor, Place), within(selection, sources)
        if wanted is None:
            return KeptPage([])
        rows = await self.rows(workspace_id, wanted, after, count + 1)
        following = cursors.written(place_of(rows[count - 1])) if len(rows) > count else ""
        return KeptPage([kept(row) for row in rows[:count]], following)

    async def rows(
        self, workspace_id: str, wanted: Selection, after: Place | None, count: int
    ) -> list[KeptRow]:
        """The next events of a selection, as the warehouse has them."""
        asked = KeptLook(selection=wanted, after=after, count=count)
        return await look(self._warehouse, KEPT, workspace_id, asked, list[KeptRow])

    async def event(self, workspace_id: str, sources: Sources, key: str) -> Kept:
        """One event, whatever was decided about it. Raises NotFoundError."""
        for state in State:
            wanted = within(Selection(keys=(key,), state=state), sources)
            found = [] if wanted is None else await self.rows(workspace_id, wanted, None, 1)
            if found:
                return kept(found[0])
        raise NotFoundError(
            f"There is no event {key!r} in quarantine.", hint="It may have been deleted."
        )

    async def preview(
        self,
        workspace_id: str,
        sources: Sources,
        selection: Selection,
        mending: Sequence[Fix],
        *,
        known: Mapping[str, Source],
        limits: Limits,
        count: int = 20,
        raw: str | None = None,
        programs: Programs = NO_PROGRAMS,
    ) -> Preview:
        """What a replay would do, tried on the newest events. Raises BadRequestError."""
        fixes.check(mending)
        edited = None if raw is None else fixes.require_event(raw)
        wanted = within(selection, sources)
        if wanted is None:
            return Preview(total=0, checked=0, passes=0, fails=0, examples=[])
        counts = await self.counts(workspace_id, wanted)
        rows = await self.rows(workspace_id, wanted, None, MOST_PREVIEWED)
        total = sum(each.count for each in counts)

        def try_all() -> list[PreviewRow]:
            return [
                preview_row(row, mending, known, limits, edited, programs, self._remake)
                for row in rows
            ]

        tried_rows = await anyio.to_thread.run_sync(try_all)
        passes = sum(row.verdict == PASSES for row in tried_rows)
        return Preview(
            total=total,
            checked=len(rows),
            passes=passes,
            fails=len(rows) - passes,
            examples=tried_rows[:count],
        )

    async def export(
        self, workspace_id: str, sources: Sources, selection: Selection
    ) -> AsyncIterator[bytes]:
        """The events of a selection as JSON lines, the newest first, many at a time.

        The first are read before this returns, so that what is wrong is raised here.
        """
        wanted = within(selection, sources)
        if wanted is None:
            return self._lines(workspace_id, selection, [])
        first = await self.rows(workspace_id, wanted, None, _EXPORTED_AT_ONCE)
        return self._lines(workspace_id, wanted, first)

    async def _lines(
        self, workspace_id: str, wanted: Selection, rows: Sequence[KeptRow]
    ) -> AsyncIterator[bytes]:
        while rows:
            yield b"".join(msgspec.json.encode(kept(row)) + b"\n" for row in rows)
            if len(rows) < _EXPORTED_AT_ONCE:
                return
            after = place_of(rows[-1])
            rows = await self.rows(workspace_id, wanted, after, _EXPORTED_AT_ONCE)


def within(selection: Selection, sources: Sources) -> Selection | None:
    """The selection, without what the asker may not see; None where nothing is left."""
    if sources is None:
        return selection
    chosen = tuple(each for each in (selection.source_ids or sources) if each in sources)
    return msgspec.structs.replace(selection, source_ids=chosen) if chosen else None


def reason_counts(counts: Sequence[KeptCount], now: int) -> list[ReasonCount]:
    """The counts by reason. Pure."""
    groups: dict[str, list[KeptCount]] = {}
    for each in counts:
        groups.setdefault(each.reason, []).append(each)
    found = [_reason(reason, group, now) for reason, group in groups.items()]
    return sorted(found, key=lambda each: (-each.count, each.reason))


def _reason(reason: str, counts: Sequence[KeptCount], now: int) -> ReasonCount:
    sources: Counter[str] = Counter()
    hours: Counter[int] = Counter()
    for each in counts:
        sources[each.source_id] += each.count
        hours[each.hour] += each.count
    last = hour_of(now)
    return ReasonCount(
        reason=reason,
        count=sources.total(),
        trend=[hours[hour] for hour in range(last - HOURS + 1, last + 1)],
        sources=dict(sources.most_common()),
        last_at=isoformat(max(each.last_at for each in counts)),
        meaning=meaning_of(reason),
        remedy=remedy_of(reason),
    )


def preview_row(
    row: KeptRow,
    mending: Sequence[Fix],
    known: Mapping[str, Source],
    limits: Limits,
    edited: dict[str, object] | None = None,
    programs: Programs = NO_PROGRAMS,
    remake: Remake = no_remake,
) -> PreviewRow:
    """What would become of an event, by the pipeline's own steps and its source's program."""
    replay = replay_of(row, mending, edited, remake)
    if replay is None:
        detail = "It is not the JSON of one event, so it cannot be sent on by itself."
        return PreviewRow(
            key=row.key, before=row.raw, after=row.raw, verdict=UNREADABLE, detail=detail
        )
    verdict, detail = tried(replay, known, limits, programs)
    after = written(row, replay)
    return PreviewRow(key=row.key, before=row.raw, after=after, verdict=verdict, detail=detail)


def place_of(row: KeptRow) -> Place:
    return Place(row.received_at, row.key)


def kept(row: KeptRow) -> Kept:
    """An event as it is shown."""
    return Kept(
        key=row.key,
        source_id=row.source_id,
        received_at=isoformat(row.received_at),
        message_id=row.message_id,
        type=row.type,
        event=row.event,
        reason=row.reason,
        detail=row.detail,
        raw=row.raw,
        field=field_of(row.reason, row.detail),
        state=State(row.state) if row.state else State.OPEN,
    )
