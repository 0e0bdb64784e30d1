"""The whole comparison: requests led through two configurations side by side, part by part.

Both sides begin without memory, and know of no duplicates but those among these requests: as a
run of the same requests anew would.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import xxhash

from headwater.archive.requests import is_again
from headwater.debugger.backwards import backwards
from headwater.loading.model import Catalog
from headwater.loading.model import Limits as TableLimits
from headwater.pipeline.event import Drop, Event, Limits, Verdict
from headwater.pipeline.steps import Step
from headwater.ports import Log, Outcome, Record, Stored
from headwater.spec import collected
from headwater.whatif.comparing import differing
from headwater.whatif.leading import Leading
from headwater.whatif.model import Compared, Effect, WarehouseEffect, WhatIfResult
from headwater.whatif.summing import Summing
from headwater.whatif.warehouse import Planned, effect
from headwater.workspaces.model import Configuration

_AT_ONCE: Final = 2_000
_BYTES_AT_ONCE: Final = 8_000_000
_LOOKED_BACK: Final = 20_000
_LOOKED_BYTES: Final = 64_000_000

NOT_SAMPLED: Final = "not_sampled"
"""The reason of what a sample leaves out."""

Continue = Callable[[int], bool]
"""Is told how many events were read; False ends the comparison."""


class Comparison(msgspec.Struct, frozen=True):
    """How many of the events read differ, how many each rule of the second touched, and some."""

    read: int
    effects: Mapping[Effect, int]
    touched: Mapping[str, int]
    samples: Sequence[Compared]


class Tables(msgspec.Struct, frozen=True):
    """The warehouse that is loaded: its catalogue, None where it is not known, and its limits."""

    catalog: Catalog | None = None
    limits: TableLimits = TableLimits()


class Wanted(msgspec.Struct, frozen=True):
    """How to compare: at most `most` events, those of every `every`th person, and how many of the
    events that differ are shown."""

    limits: Limits
    most: int
    every: int = 1
    samples: int = 20


class EndedError(Exception):
    """The comparison was ended before its end."""


def compare(
    requests: Sequence[Stored],
    before: Configuration,
    after: Configuration,
    limits: Limits,
    *,
    samples: int,
) -> Comparison:
    """What requests become under one configuration, against another."""
    most = sum(stored.record.count for stored in requests)
    found = what_if(requests, before, after, Wanted(limits, most, samples=samples))
    summary = found.summary
    touched = {each.id: each.after for each in summary.touched if each.after}
    return Comparison(summary.read, summary.effects, touched, found.samples)


def what_if(
    requests: Iterable[Stored],
    before: Configuration,
    after: Configuration,
    wanted: Wanted,
    tables: Tables | None = None,
    go_on: Continue = lambda _: True,
) -> WhatIfResult:
    """What requests become under one configuration, against another, and what that does to the
    warehouse, if `tables` are given. Raises EndedError where `go_on` says so."""
    steps = _sampling(wanted.every)
    sides = [Leading(each, wanted.limits, steps) for each in (before, after)]
    planned = [] if tables is None else [_planned(tables, each) for each in (before, after)]
    summing, read = Summing(wanted.samples), 0
    for part in _parts(requests, wanted.most):
        left: Sequence[Stored] = part
        while left:
            was, becomes = (side.lead(left) for side in sides)
            summing.add(differing(was, becomes))
            for plan, led in zip(planned, (was, becomes), strict=False):
                plan.plan(led.accepted)
            left = left[was.requests :]
            read += was.count
            if not go_on(read):
                raise EndedError
    # The same on both sides, for the sample is taken before anything that governs.
    [left_out, _] = [side.tallies.pop((Outcome.FILTERED, NOT_SAMPLED), 0) for side in sides]
    warehouse = WarehouseEffect()
    if tables is not None:
        warehouse = effect(planned[0], planned[1], is_known=tables.catalog is not None)
    summary = summing.summary(read - left_out, sides[0], sides[1], warehouse)
    return WhatIfResult(summary, summing.samples())


def _planned(tables: Tables, configuration: Configuration) -> Planned:
    slugs = {source.id: source.slug for source in configuration.sources}
    return Planned(tables.catalog or Catalog(), tables.limits, slugs)


def _parts(requests: Iterable[Stored], most: int) -> Iterator[Sequence[Stored]]:
    """The requests, some at a time, until they hold so many events."""
    part: list[Stored] = []
    events = size = total = 0
    for stored in requests:
        if total and total + stored.record.count > most:
            break
        total += stored.record.count
        events += stored.record.count
        size += len(stored.record.body)
        part.append(stored)
        if events >= _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield part
            part, events, size = [], 0, 0
    if part:
        yield part


def _sampling(every: int) -> tuple[tuple[str, Step], ...]:
    """The step that leaves out all but every so many-th person, so that what rules remember of a
    person stays right."""
    if every <= 1:
        return ()

    def sample(event: Event) -> Verdict:
        person = event.user_id or event.anonymous_id or event.message_id
        is_in = xxhash.xxh3_64_intdigest(person.encode()) % every == 0
        return None if is_in else Drop(NOT_SAMPLED)

    return (("sample", sample),)


def latest(log: Log, source_ids: Collection[str], count: int) -> list[Stored]:
    """The last requests of some sources, in order: as many as hold so many events, where the log
    has them within its last 64 MB. What replays sent again is left out."""
    found: list[Stored] = []
    events = 0
    for stored in backwards(log, requests=max(_LOOKED_BACK, count), size=_LOOKED_BYTES):
        if events >= count:
            break
        if stored.record.source_id in source_ids and not is_again(stored):
            found.append(stored)
            events += stored.record.count
    return found[::-1]


def pasted(events: Sequence[dict[str, Any]], source_id: str, now: int) -> list[Stored]:
    """Events as if a source had sent each of them now."""
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.EVENT))
    return [
        Stored("pasted", index, Record(source_id, now, 1, msgspec.json.encode(event), meta))
        for index, event in enumerate(events, 1)
    ]
