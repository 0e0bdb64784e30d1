"""A batch of collected requests, from the log and back: events, decisions, one entry to append."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol, cast

import msgspec

from headwater.errors import AccountError
from headwater.kit.clock import hour_of
from headwater.pipeline.beside import Beside, records_beside
from headwater.pipeline.columns import Columns, quarantined_body
from headwater.pipeline.decode import Found, read
from headwater.pipeline.dedupe import Marks, digests, encode_marks
from headwater.pipeline.event import Aside, Drop, Event, Limits, Quarantine, Receipt, aside
from headwater.pipeline.program import NO_PROGRAMS, Apart, Begun, Programs, Stage, lead
from headwater.pipeline.steps import STEPS, Step
from headwater.ports import REPLAYS, Entry, Outcome, Positions, Record, Stored, Stream, Tally
from headwater.workspaces.model import Source

Place = tuple[str, int]
"""A source's id and an hour: what accounts are kept by."""

INFLATED_BYTES: Final = 32_000_000
"""A batch takes in no further request once it holds this much, inflated."""

_AT_ONCE: Final = 256
"""Events that are decoded before they take their steps: as many as the processor's cache holds.
Ten thousand at once took twice the time for each."""


class Passed(msgspec.Struct):
    """The events of one source and hour that passed the steps, and their hashed ids."""

    columns: Columns = msgspec.field(default_factory=Columns)
    digests: list[bytes] = []


class Batch(msgspec.Struct):
    """What became of some collected requests, duplicates not yet told apart.

    `read` says how many events each source and hour had, by the collector's count; `positions`
    how far the stream is read with them, `requests` how many they were, `oldest` and `newest` when
    the first and last of them were received: replays, which bear an earlier time, left out.
    """

    passed: dict[Place, Passed] = {}
    aside: list[Aside] = []
    beside: Beside = msgspec.field(default_factory=Beside)
    filtered: Counter[tuple[Place, str]] = msgspec.field(default_factory=Counter)
    touched: Counter[tuple[Place, str]] = msgspec.field(default_factory=Counter)
    read: Counter[Place] = msgspec.field(default_factory=Counter)
    positions: dict[str, int] = {}
    requests: int = 0
    oldest: int = 0
    newest: int = 0

    @property
    def count(self) -> int:
        """The number of events that the requests held."""
        return self.read.total()

    def digests(self) -> list[bytes]:
        """The hashed ids of all events that passed."""
        return [digest for passed in self.passed.values() for digest in passed.digests]


class Witness(Protocol):
    """Who is told of each event what becomes of it, until duplicates are told apart: whoever asks
    what a batch would be. What could not be decoded is in `Batch.aside` alone."""

    def passed(self, place: Place, events: Sequence[Event]) -> None:
        """They are the next ones in the columns of their place."""
        ...

    def left_out(self, event: Event, verdict: Quarantine | Drop) -> None: ...


class _Away(msgspec.Struct, frozen=True):
    """Events that a stage's other process works on, and the stages that they have before them."""

    place: Place
    events: list[Event]
    stages: Sequence[Stage]


class Settled(msgspec.Struct, frozen=True):
    """The entry to append, and the marks in it (None where nothing new was seen)."""

    entry: Entry
    marks: Marks | None


def process(
    requests: Sequence[Stored],
    sources: Mapping[str, Source],
    limits: Limits,
    *,
    after: Positions,
    steps: Sequence[tuple[str, Step]] = STEPS,
    programs: Programs = NO_PROGRAMS,
    witness: Witness | None = None,
) -> Batch:
    """Decode requests, which stand after these positions, and lead their events through the steps,
    and then through their source's program.

    Takes at least one request, and not all when they inflate to more than INFLATED_BYTES: see
    `Batch.positions`.
    """
    batch = Batch(positions=dict(after))
    found = Found(aside=batch.aside)
    functions = [step for _, step in steps]
    away: list[_Away] = []
    inflated = 0
    for stored in requests:
        inflated += read(stored, sources, limits, found)
        record = stored.record
        batch.read[record.source_id, hour_of(record.received_at)] += record.count
        batch.positions[stored.partition] = stored.position
        batch.requests += 1
        if stored.partition != REPLAYS:
            batch.newest = max(batch.newest, record.received_at)
            batch.oldest = min(batch.oldest or record.received_at, record.received_at)
        if len(found.events) >= _AT_ONCE:
            _run(found.events, functions, programs, batch, witness, away)
            found.events.clear()
        if inflated > INFLATED_BYTES:
            break
    _run(found.events, functions, programs, batch, witness, away)
    _take_back(away, batch, witness)
    return batch


def _run(
    events: Iterable[Event],
    steps: Sequence[Step],
    programs: Programs,
    batch: Batch,
    witness: Witness | None,
    away: list[_Away],
) -> None:
    kept: dict[Place, list[Event]] = {}
    receipt = place = None
    keep = None
    for event in events:
        for step in steps:
            verdict = step(event)
            if verdict is not None:
                _leave_out(event, verdict, batch, witness)
                break
        else:
            if event.receipt is not receipt or keep is None:
                receipt = event.receipt
                place = _place(receipt)
                keep = kept.setdefault(place, []).append
            keep(event)
    for place, group in kept.items():
        if not (stages := programs.of(place[0])):
            _pass(place, group, batch, witness)
        elif (apart := programs.apart(place[0])) is None:
            _pass(place, _governed(stages, group, place, batch, witness), batch, witness)
        else:
            group = _governed(stages[:apart], group, place, batch, witness, is_all=False)
            _take_back(away, batch, witness)
            if group:
                away.append(_sent_away(stages[apart:], group, place))


def _pass(place: Place, events: list[Event], batch: Batch, witness: Witness | None) -> None:
    if not events:
        return
    passed = batch.passed.get(place)
    if passed is None:
        passed = batch.passed[place] = Passed()
    passed.columns.add(events)
    passed.digests += digests(events)
    if witness is not None:
        witness.passed(place, events)


def _sent_away(stages: Sequence[Stage], events: list[Event], place: Place) -> _Away:
    """Begin the first of these stages, and go on with other events."""
    begun = Begun(cast("Apart", stages[0]), events)
    return _Away(place, events, (begun, *stages[1:]))


def _take_back(away: list[_Away], batch: Batch, witness: Witness | None) -> None:
    """Wait for the events that are away, and lead them through what they have before them."""
    for each in away:
        passed = _governed(each.stages, each.events, each.place, batch, witness)
        _pass(each.place, passed, batch, witness)
    away.clear()


def _governed(
    stages: Sequence[Stage],
    events: list[Event],
    place: Place,
    batch: Batch,
    witness: Witness | None,
    *,
    is_all: bool = True,
) -> list[Event]:
    """The events of a source and hour that pass its program; `is_all` as `lead` takes it."""
    touched: Counter[str] = Counter()
    passed = lead(
        stages,
        events,
        lambda event, verdict: _leave_out(event, verdict, batch, witness),
        touched,
        batch.beside,
        is_all=is_all,
    )
    for rule_id, count in touched.items():
        batch.touched[place, rule_id] += count
    return passed


def _leave_out(
    event: Event, verdict: Quarantine | Drop, batch: Batch, witness: Witness | None
) -> None:
    if witness is not None:
        witness.left_out(event, verdict)
    if isinstance(verdict, Quarantine):
        batch.aside.append(aside(event, verdict))
    else:
        batch.filtered[_place(event.receipt), verdict.reason] += 1


def settle(batch: Batch, is_new: Sequence[bool]) -> Settled:
    """The one entry that accounts for a batch. `is_new` says which of its digests are new.

    Raises AccountError when what comes out is not what came in.
    """
    remaining = iter(is_new)
    accepted: list[Record] = []
    tallies: list[Tally] = []
    new: list[bytes] = []
    for place, passed in batch.passed.items():
        is_kept = list(islice(remaining, len(passed.digests)))
        count = sum(is_kept)
        if count:
            times = passed.columns.received()
            new += [digest for digest, kept in zip(passed.digests, is_kept, strict=True) if kept]
            accepted.append(_record(place, times[-1], count, passed.columns.body(is_kept)))
            tallies.append(_tally(place, Outcome.PASSED, "", count))
        if count < len(is_kept):
            tallies.append(_tally(place, Outcome.DUPLICATE, "", len(is_kept) - count))
    tallies += [_tally(p, Outcome.FILTERED, why, n) for (p, why), n in batch.filtered.items()]
    tallies += [_tally(p, Outcome.TOUCHED, rule, n) for (p, rule), n in batch.touched.items()]
    quarantined = _quarantined(batch.aside, tallies)
    require_balance(batch.read, tallies)
    marks = Marks(new, batch.oldest, batch.newest) if new else None
    entry = Entry(
        records={
            Stream.ACCEPTED: accepted,
            Stream.QUARANTINED: quarantined,
            **records_beside(batch.beside),
        },
        tallies=tallies,
        consumed={Stream.COLLECTED: batch.positions},
        marks=encode_marks(marks) if marks else b"",
    )
    return Settled(entry, marks)


def _quarantined(aside: Iterable[Aside], tallies: list[Tally]) -> list[Record]:
    """The records of the events kept aside; adds their tallies."""
    by_place: dict[Place, list[Aside]] = {}
    for each in aside:
        by_place.setdefault(_place(each.receipt), []).append(each)
    for place, group in by_place.items():
        reasons = Counter(each.verdict.reason.value for each in group)
        tallies += [_tally(place, Outcome.QUARANTINED, why, n) for why, n in reasons.items()]
    return [
        _record(place, group[-1].receipt.received_at, len(group), quarantined_body(group))
        for place, group in by_place.items()
    ]


def require_balance(read: Counter[Place], tallies: Iterable[Tally]) -> None:
    """Raise AccountError unless the tallies of each source and hour add up to what was read.

    TOUCHED ends no event's way, and is left out.
    """
    counted: Counter[Place] = Counter()
    for tally in tallies:
        if tally.outcome is not Outcome.TOUCHED:
            counted[tally.source_id, tally.hour] += tally.count
    if counted != read:
        raise AccountError(
            f"The pipeline read {dict(read)} and accounted for {dict(counted)}.",
            hint="Nothing of this batch was written. Please report it with the log's segment.",
        )


def _place(receipt: Receipt) -> Place:
    return receipt.source_id, receipt.hour


def _tally(place: Place, outcome: Outcome, reason: str, count: int) -> Tally:
    return Tally(place[0], place[1], outcome, reason, count)


def _record(place: Place, received_at: int, count: int, body: bytes) -> Record:
    return Record(place[0], received_at, count, body)
