"""What differs between two leadings of the same requests, event by event."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.debugger.differences import differences
from headwater.debugger.passed import plain
from headwater.ports import Outcome
from headwater.spec.delivered import delivered
from headwater.whatif.leading import EventId, Fate, Led
from headwater.whatif.model import Compared, Effect

_LEFT_OUT: Final = {
    Outcome.FILTERED: Effect.DROPPED,
    Outcome.QUARANTINED: Effect.QUARANTINED,
    Outcome.DUPLICATE: Effect.DUPLICATE,
}


class Difference(msgspec.Struct, frozen=True):
    """An event that differs, and who it is of."""

    compared: Compared
    person: str


class _Rows:
    """The accepted events of a leading, row by row."""

    def __init__(self, batches: Mapping[Any, pa.RecordBatch]) -> None:
        self._columns: dict[Any, list[Sequence[Any]]] = {}
        self._batches = batches

    def row(self, fate: Fate) -> tuple[Any, ...]:
        """What the columns of an event hold."""
        columns = self._columns.get(fate.place)
        if columns is None:
            batch = self._batches[fate.place]
            columns = [
                (
                    values.cast(pa.int64()) if pa.types.is_timestamp(values.type) else values
                ).to_pylist()
                for values in batch.columns
            ]
            self._columns[fate.place] = columns
        return tuple([values[fate.row] for values in columns])

    def event(self, fate: Fate) -> dict[str, Any]:
        """An event as it is delivered."""
        names = self._batches[fate.place].schema.names
        return plain(delivered(dict(zip(names, self.row(fate), strict=True))))


def differing(before: Led, after: Led) -> Iterator[Difference]:
    """The events whose fate is not the same, in the order in which they were read."""
    was, becomes = _Rows(before.accepted), _Rows(after.accepted)
    for event_id in _ordered(before, after):
        one, other = before.fates.get(event_id), after.fates.get(event_id)
        if one is None or other is None:
            continue  # an event that stages made of another: it is told of with that one
        if one.outcome is Outcome.PASSED and other.outcome is Outcome.PASSED:
            if was.row(one) == becomes.row(other):
                continue
            effect, detail = Effect.CHANGED, ""
        elif one.outcome is Outcome.PASSED:
            effect, detail = _LEFT_OUT[other.outcome], _why(other)
        elif other.outcome is Outcome.PASSED:
            effect, detail = Effect.RELEASED, _why(one)
        elif (one.outcome, one.reason) != (other.outcome, other.reason):
            effect, detail = Effect.DECIDED_OTHERWISE, f"{_why(one)} → {_why(other)}"
        else:
            continue
        yield _difference(effect, detail, one, other, was, becomes)


def _ordered(before: Led, after: Led) -> Sequence[EventId]:
    return sorted(before.fates.keys() | after.fates.keys())


def _why(fate: Fate) -> str:
    if fate.outcome is Outcome.DUPLICATE:
        return "duplicate"
    return f"{fate.reason}: {fate.detail}" if fate.detail else fate.reason


def _difference(
    effect: Effect, detail: str, one: Fate, other: Fate, was: _Rows, becomes: _Rows
) -> Difference:
    before = was.event(one) if one.outcome is Outcome.PASSED else None
    after = becomes.event(other) if other.outcome is Outcome.PASSED else None
    known = one.known if one.outcome is Outcome.PASSED else other.known
    compared = Compared(
        message_id=known.message_id,
        source_id=known.source_id,
        type=known.type,
        event=known.name,
        effect=effect,
        detail=detail,
        before=before,
        after=after,
        differences=[] if before is None or after is None else differences(before, after),
    )
    return Difference(compared, known.person)
