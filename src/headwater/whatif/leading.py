"""One configuration: requests led through its programs, duplicates told apart, all counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from headwater.governing import compile_program
from headwater.kit.clock import hour_of
from headwater.pipeline.batch import Place, Settled, process, settle
from headwater.pipeline.dedupe import Run as Indexed
from headwater.pipeline.dedupe import columns, contained, indexed, ordered
from headwater.pipeline.event import Drop, Event, Limits, Quarantine, Verdict
from headwater.pipeline.steps import STEPS, Step
from headwater.ports import Outcome, Stored, Stream
from headwater.spec import accepted
from headwater.workspaces.model import Configuration

EventId = tuple[str, int, int]
"""Where an event stands: its request's partition and position, and its place in it."""

Violated = tuple[str, str, str, str, str]
"""A plan, a type and name of event, a kind of violation, and the field."""

_MOST_VIOLATED: Final = 5_000
_SPILLED: Final = 100_000
_MOST_RUNS: Final = 8


class Known(msgspec.Struct, frozen=True):
    """What is known of an event wherever it ends."""

    source_id: str
    message_id: str
    type: str
    name: str
    person: str


class Fate(msgspec.Struct, frozen=True):
    """What became of an event. `row` is its place among the accepted of its source and hour."""

    known: Known
    outcome: Outcome
    reason: str = ""
    detail: str = ""
    place: Place = ("", 0)
    row: int = -1


class Led(msgspec.Struct):
    """What became of some requests. Accepted events are in columns, by source and hour."""

    requests: int
    count: int
    fates: dict[EventId, Fate]
    settled: Settled
    accepted: dict[Place, pa.RecordBatch]


class Seen:
    """The ids of messages that passed, in 16 bytes each once they are many."""

    def __init__(self, spilled: int = _SPILLED) -> None:
        """So many are held as they are before they are packed."""
        self._spilled = spilled
        self._recent: set[bytes] = set()
        self._runs: list[Indexed] = []

    def fresh(self, digests: Sequence[bytes]) -> list[bool]:
        """Which are new: not passed before, and the first of their like here. They are now
        remembered."""
        old = self._old(digests)
        answers = []
        for digest, is_old in zip(digests, old, strict=True):
            is_new = not is_old and digest not in self._recent
            if is_new:
                self._recent.add(digest)
            answers.append(is_new)
        if len(self._recent) >= self._spilled:
            self._spill()
        return answers

    def _old(self, digests: Sequence[bytes]) -> Sequence[bool]:
        if not self._runs or not digests:
            return [False] * len(digests)
        asked = columns(digests)
        found = np.zeros(len(asked), np.bool_)
        for run in self._runs:
            found |= contained(run, asked)
        answers: list[bool] = found.tolist()
        return answers

    def _spill(self) -> None:
        self._runs.append(indexed(ordered(columns(self._recent))))
        self._recent = set()
        if len(self._runs) > _MOST_RUNS:
            upper = np.concatenate([run.ids.upper for run in self._runs])
            lower = np.concatenate([run.ids.lower for run in self._runs])
            kind = type(self._runs[0].ids)
            self._runs = [indexed(ordered(kind(upper, lower)))]


class Leading:
    """Leads requests through one configuration, one part after the other. For one thread.

    Its stages begin without memory. `steps` follow the pipeline's own.
    """

    def __init__(
        self,
        configuration: Configuration,
        limits: Limits,
        steps: Sequence[tuple[str, Step]] = (),
    ) -> None:
        self._sources = configuration.by_id()
        self._programs = compile_program(configuration)
        self._limits = limits
        self._steps = (*STEPS, *steps)
        self._seen = Seen()
        self.tallies: Counter[tuple[Outcome, str]] = Counter()
        self.violations: Counter[Violated] = Counter()

    def lead(self, requests: Sequence[Stored]) -> Led:
        """Lead the first of these requests through: at least one, and not all when they are large
        (see `pipeline.batch.process`)."""
        witness = _Noting()
        batch = process(
            requests,
            self._sources,
            self._limits,
            after={},
            steps=self._steps,
            programs=self._programs,
            witness=witness,
        )
        batch.oldest = batch.newest = 1  # nothing is written, so no mark need be of its time
        is_new = self._seen.fresh(batch.digests())
        fates = witness.fates
        remaining = iter(is_new)
        for place in batch.passed:
            row = 0
            for event_id, known in witness.passing[place]:
                if next(remaining):
                    fates[event_id] = Fate(known, Outcome.PASSED, place=place, row=row)
                    row += 1
                else:
                    fates[event_id] = Fate(known, Outcome.DUPLICATE)
        for _, each in batch.beside.violations:
            violated = (each.plan_id, each.event_type, each.event, each.type.value, each.field)
            if violated in self.violations or len(self.violations) < _MOST_VIOLATED:
                self.violations[violated] += each.count
        settled = settle(batch, is_new)
        for tally in settled.entry.tallies:
            self.tallies[tally.outcome, tally.reason] += tally.count
        return Led(batch.requests, batch.count, fates, settled, _accepted(settled))


def _accepted(settled: Settled) -> dict[Place, pa.RecordBatch]:
    found = {}
    for record in settled.entry.records.get(Stream.ACCEPTED, ()):
        found[record.source_id, hour_of(record.received_at)] = accepted.decode(record.body)
    return found


class _Noting:
    """Notes what becomes of each event, duplicates not yet told apart."""

    def __init__(self) -> None:
        self.passing: dict[Place, list[tuple[EventId, Known]]] = {}
        self.fates: dict[EventId, Fate] = {}

    def passed(self, place: Place, events: Sequence[Event]) -> None:
        self.passing.setdefault(place, []).extend((_id(event), _known(event)) for event in events)

    def left_out(self, event: Event, verdict: Quarantine | Drop) -> None:
        self.fates[_id(event)] = _left_out(_known(event), verdict)


def _left_out(known: Known, verdict: Verdict) -> Fate:
    if isinstance(verdict, Quarantine):
        return Fate(known, Outcome.QUARANTINED, verdict.reason.value, verdict.detail)
    assert verdict is not None
    return Fate(known, Outcome.FILTERED, verdict.reason)


def _id(event: Event) -> EventId:
    receipt = event.receipt
    return receipt.partition, receipt.position, event.index


def _known(event: Event) -> Known:
    rest: Mapping[str, Any] = event.rest
    return Known(
        event.receipt.source_id,
        event.message_id or _text(rest.get("messageId")),
        event.type or _text(rest.get("type")) or event.receipt.type,
        event.event or event.name or _text(rest.get("event")) or _text(rest.get("name")),
        event.user_id
        or event.anonymous_id
        or _text(rest.get("userId"))
        or _text(rest.get("anonymousId")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
