"""The last events before now, with what became of them: told from the log and the warehouse."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from headwater.debugger.backwards import backwards
from headwater.debugger.model import Outcome, Seen, Whereabouts
from headwater.debugger.passed import Passed, find
from headwater.debugger.tail import PIPELINE, outcome_of
from headwater.debugger.unfolding import Passing, unfold
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Programs
from headwater.ports import Log, Positions, Stream
from headwater.workspaces.model import Source

LOADER: Final = "loader"
_REQUESTS: Final = 2_048
_BYTES: Final = 32_000_000
_READ_BYTES: Final = 4_000_000
_MOST_UNLOADED: Final = 4


class Back(msgspec.Struct, frozen=True):
    """The newest events of some sources, the oldest first, how far the pipeline had been, and
    which of them had passed it and need not be loaded yet."""

    events: list[Passing]
    led: Positions
    passed: Passed


def back(
    log: Log,
    source_ids: Collection[str],
    sources: Mapping[str, Source],
    limits: Limits,
    count: int,
    programs: Programs = NO_PROGRAMS,
) -> Back:
    """The last events of some sources, from the end of the log back; no further than some
    thousand requests."""
    led = log.acknowledged(PIPELINE, Stream.COLLECTED)
    loaded = log.acknowledged(LOADER, Stream.ACCEPTED)
    events: list[Passing] = []
    for stored in backwards(log, requests=_REQUESTS, size=_BYTES):
        if stored.record.source_id in source_ids:
            events[:0] = unfold(stored, sources, limits, programs)
            if len(events) >= count:
                break
    events = events[-count:]
    return Back(events, led, unloaded(log, loaded, events))


def unloaded(log: Log, after: Positions, events: Sequence[Passing]) -> Passed:
    """Which of these events have passed the pipeline since the last load."""
    wanted = {each.key for each in events if each.verdict is None}
    found: Passed = {}
    positions = dict(after)
    for _ in range(_MOST_UNLOADED if wanted else 0):
        records = log.read(Stream.ACCEPTED, positions, max_bytes=_READ_BYTES)
        if not records:
            break
        for key, passed in find(records, wanted).items():
            found.setdefault(key, []).extend(passed)
        for record in records:
            positions[record.partition] = record.position
    return found


def with_outcomes(found: Back, held: Whereabouts, slugs: Mapping[str, str]) -> list[Seen]:
    """The events with what became of them, the newest first. `slugs` are the sources' ids by
    their slugs."""
    passed = dict(found.passed)
    for row in held.loaded:
        key = (slugs.get(row.slug, ""), row.received_at, row.message_id)
        passed.setdefault(key, []).append(row.json)
    aside = {(k.source_id, k.received_at, k.message_id): k for k in held.kept_aside}
    seen: list[Seen] = []
    for each in found.events:
        outcome, normalised = outcome_of(each, found.led, passed)
        kept: Any = aside.get(each.key)
        if outcome is Outcome.DUPLICATE and kept is not None:
            known = each.seen(Outcome.QUARANTINED)
            seen.append(msgspec.structs.replace(known, reason=kept.reason, detail=kept.detail))
        else:
            seen.append(each.seen(outcome, normalised))
    return seen[::-1]
