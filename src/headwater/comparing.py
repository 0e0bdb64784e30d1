"""The same requests under two configurations: what the pipeline makes of them, and what differs.

It is the pipeline's own code, over programs compiled for the purpose; nothing is written.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from headwater.debugger.backwards import backwards
from headwater.debugger.differences import differences
from headwater.debugger.model import Difference
from headwater.debugger.passed import delivered_rows
from headwater.governing import compile_program
from headwater.pipeline.batch import Batch, process
from headwater.pipeline.event import Limits
from headwater.ports import Log, Record, Stored
from headwater.spec import accepted, collected
from headwater.workspaces.model import Configuration

_json: Final = msgspec.json.encode

_AT_ONCE: Final = 100
_LOOKED_BACK: Final = 20_000
_LOOKED_BYTES: Final = 64_000_000

Key = tuple[str, int, str]
"""A source, a time of receipt and a messageId."""


class Effect(StrEnum):
    """What the other configuration does to an event."""

    CHANGED = "changed"
    DROPPED = "dropped"
    QUARANTINED = "quarantined"
    RELEASED = "released"
    """It passes, and did not."""


class Compared(msgspec.Struct, frozen=True, rename="camel"):
    """An event that differs: as it would pass under each, null where it would not."""

    message_id: str
    source_id: str
    type: str
    event: str
    effect: Effect
    detail: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    differences: Sequence[Difference]


class Comparison(msgspec.Struct, frozen=True):
    """How many of the events read differ, how many each rule of the second touched, and some."""

    read: int
    effects: Mapping[Effect, int]
    touched: Mapping[str, int]
    samples: Sequence[Compared]


class _Results(msgspec.Struct):
    passed: dict[Key, list[dict[str, Any]]] = {}
    aside: dict[Key, str] = {}
    touched: Counter[str] = msgspec.field(default_factory=Counter)
    read: int = 0


def compare(
    requests: Sequence[Stored],
    before: Configuration,
    after: Configuration,
    limits: Limits,
    *,
    samples: int,
) -> Comparison:
    """What requests become under one configuration, against another. Each has the memory of a
    program that begins with these requests."""
    was, becomes = _led(requests, before, limits), _led(requests, after, limits)
    effects: Counter[Effect] = Counter()
    shown: list[Compared] = []
    for compared in _differing(was, becomes):
        effects[compared.effect] += 1
        if len(shown) < samples:
            shown.append(compared)
    return Comparison(becomes.read, dict(effects), dict(becomes.touched), shown)


def _led(requests: Sequence[Stored], configuration: Configuration, limits: Limits) -> _Results:
    programs = compile_program(configuration)
    sources = configuration.by_id()
    results = _Results()
    left = list(requests)
    while left:
        batch = process(left[:_AT_ONCE], sources, limits, after={}, programs=programs)
        left = left[batch.requests :]
        _gather(batch, results)
    return results


def _gather(batch: Batch, results: _Results) -> None:
    results.read += batch.count
    for (_, rule_id), count in batch.touched.items():
        results.touched[rule_id] += count
    for each in batch.aside:
        key = (each.receipt.source_id, each.receipt.received_at, each.message_id)
        results.aside[key] = f"{each.verdict.reason}: {each.verdict.detail}"
    for (source_id, _), passed in batch.passed.items():
        body = passed.columns.body([True] * len(passed.columns))
        for received_at, event in delivered_rows(accepted.decode(body)):
            key = (source_id, received_at, event["messageId"])
            results.passed.setdefault(key, []).append(event)


def _differing(was: _Results, becomes: _Results) -> Iterable[Compared]:
    for key, events in was.passed.items():
        others = becomes.passed.get(key, [])
        for index, event in enumerate(events):
            other = others[index] if index < len(others) else None
            if other is None:
                aside = becomes.aside.get(key)
                effect = Effect.DROPPED if aside is None else Effect.QUARANTINED
                yield _compared(key, effect, aside or "", event, None)
            elif _json(other) != _json(event):
                yield _compared(key, Effect.CHANGED, "", event, other)
    for key, others in becomes.passed.items():
        for other in others[len(was.passed.get(key, ())) :]:
            yield _compared(key, Effect.RELEASED, was.aside.get(key, ""), None, other)


def _compared(
    key: Key,
    effect: Effect,
    detail: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> Compared:
    one = before or after or {}
    return Compared(
        message_id=key[2],
        source_id=key[0],
        type=one["type"],
        event=one.get("event") or one.get("name") or "",
        effect=effect,
        detail=detail,
        before=before,
        after=after,
        differences=[] if before is None or after is None else differences(before, after),
    )


def latest(log: Log, source_ids: Collection[str], count: int) -> list[Stored]:
    """The last requests of some sources, in order: as many as hold so many events, where the log
    has them, and no further back than some ten thousand requests."""
    found: list[Stored] = []
    events = 0
    for stored in backwards(log, requests=_LOOKED_BACK, size=_LOOKED_BYTES):
        if events >= count:
            break
        if stored.record.source_id in source_ids:
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
