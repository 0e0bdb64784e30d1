"""Events that a replay sends again, against what the warehouse has of them. Pure.

The earliest receipt of a messageId is the one that counts, as when events come the first time. The
account stays whole: whatever is counted here is one event that waits no more, see pipeline.again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import pyarrow as pa

from headwater.kit.clock import hour_of
from headwater.loading.model import Quarantined, Replaced, SourceBatch
from headwater.ports import Outcome, Tally, add_tallies
from headwater.spec.again import REPEATED, REPLAYED, LeftOut, Mode
from headwater.spec.quarantined import QuarantinedEvent


class AgainBatch(msgspec.Struct, frozen=True):
    """Some events of one source and hour that were sent again: those that pass, or those that are
    left out."""

    source_id: str
    slug: str
    hour: int
    mode: Mode
    events: pa.RecordBatch | None = None
    left_out: Sequence[LeftOut] = ()


class Aside(msgspec.Struct, frozen=True):
    """An event that lies in quarantine; `is_open` until it was sent on from there."""

    key: str
    reason: str
    is_open: bool


class Standing(msgspec.Struct, frozen=True):
    """What a source has in the warehouse: when the events of some messageIds were received, and
    which of them lie in quarantine, by messageId and receipt."""

    rows: Mapping[str, int] = {}
    aside: Mapping[tuple[str, int], Sequence[Aside]] = {}


class Decided(msgspec.Struct, frozen=True):
    """What is to be done: rows to load, what goes for them, what is kept aside, what is counted."""

    batches: Sequence[SourceBatch]
    replaced: Replaced | None
    quarantined: Sequence[Quarantined]
    tallies: Sequence[Tally]


def asked(batches: Iterable[AgainBatch]) -> dict[str, tuple[str, list[str]]]:
    """By source's id: its slug, and the messageIds that have to be known."""
    found: dict[str, tuple[str, list[str]]] = {}
    for batch in batches:
        _, ids = found.setdefault(batch.source_id, (batch.slug, []))
        if batch.events is not None:
            ids += batch.events["message_id"].to_pylist()
        ids += [event.message_id for event in batch.left_out]
    return found


def decide(batches: Sequence[AgainBatch], standing: Mapping[str, Standing]) -> Decided:
    """What events that were sent again, in their order, do to what stands of each source."""
    deciding = {
        source_id: _Deciding(source_id, standing.get(source_id, Standing()))
        for source_id in {batch.source_id for batch in batches}
    }
    for number, batch in enumerate(batches):
        deciding[batch.source_id].take(number, batch)
    kept = [_kept(batch, deciding[batch.source_id].chosen(n)) for n, batch in enumerate(batches)]
    slugs = {batch.source_id: batch.slug for batch in batches}
    return Decided(
        batches=[batch for batch in kept if batch is not None],
        replaced=Replaced(
            removed={slugs[i]: each.removed for i, each in deciding.items() if each.removed},
            released=[key for each in deciding.values() for key in each.released],
        ),
        quarantined=[
            Quarantined(source_id, slugs[source_id], event)
            for source_id, each in deciding.items()
            for event in each.aside
        ],
        tallies=add_tallies(tally for each in deciding.values() for tally in each.tallies()),
    )


def _kept(batch: AgainBatch, rows: Sequence[int]) -> SourceBatch | None:
    if batch.events is None or not rows:
        return None
    events = batch.events
    if len(rows) < events.num_rows:
        events = events.take(pa.array(sorted(rows), pa.int64()))
    return SourceBatch(batch.source_id, batch.slug, batch.hour, events)


class _Deciding:
    """One source while it is decided."""

    def __init__(self, source_id: str, standing: Standing) -> None:
        self._source_id = source_id
        self._standing = standing
        self._at = dict(standing.rows)
        self._loaded: dict[str, tuple[int, int]] = {}
        self._chosen: dict[int, set[int]] = {}
        self._counts: Counter[tuple[int, Outcome, str]] = Counter()
        self.removed: dict[str, int] = {}
        self.released: list[str] = []
        self.aside: list[QuarantinedEvent] = []

    def chosen(self, batch: int) -> Sequence[int]:
        return list(self._chosen.get(batch, ()))

    def tallies(self) -> list[Tally]:
        return [Tally(self._source_id, *key, n) for key, n in self._counts.items() if n]

    def take(self, number: int, batch: AgainBatch) -> None:
        """Decide on the events of a batch, in their order."""
        if batch.events is not None:
            ids = batch.events["message_id"].to_pylist()
            times = batch.events["received_at"].cast(pa.int64()).to_pylist()
            for row, (message_id, received_at) in enumerate(zip(ids, times, strict=True)):
                self._pass(batch.mode, message_id, received_at, (number, row))
        for event in batch.left_out:
            self._leave_out(batch.mode, event)

    def _pass(self, mode: Mode, message_id: str, received_at: int, place: tuple[int, int]) -> None:
        hour, at = hour_of(received_at), self._at.get(message_id)
        if at is not None and (mode is Mode.MISSING or at < received_at):
            self._count(hour, Outcome.FILTERED, REPLAYED)
            return
        if message_id in self._loaded:
            # Of two in one load the later stands, as if it had been loaded after the other.
            batch, row = self._loaded.pop(message_id)
            self._chosen[batch].discard(row)
            self._count(hour_of(at or received_at), Outcome.FILTERED, REPLAYED)
        elif at is not None:
            self._remove(message_id, at)
            if at == received_at:
                self._count(hour, Outcome.FILTERED, REPLAYED)
            else:
                self._count(hour_of(at), Outcome.DUPLICATE, "")
        else:
            self._release(message_id, received_at, hour)
        self._at[message_id] = received_at
        self._loaded[message_id] = place
        self._chosen.setdefault(place[0], set()).add(place[1])

    def _leave_out(self, mode: Mode, event: LeftOut) -> None:
        hour, at = hour_of(event.received_at), self._at.get(event.message_id)
        place = (event.message_id, event.received_at)
        held = [each for each in self._standing.aside.get(place, ()) if each.is_open]
        held = [each for each in held if each.key not in self.released]
        if event.reason == REPEATED:
            if held:
                self._take_out(held[0], hour)
                self._count(hour, Outcome.DUPLICATE, "")
            self._count(hour, Outcome.FILTERED, REPLAYED)
        elif mode is Mode.AGAIN and at == event.received_at:
            if event.message_id in self._loaded:
                batch, row = self._loaded.pop(event.message_id)
                self._chosen[batch].discard(row)
            else:
                self._remove(event.message_id, at)
            del self._at[event.message_id]
            self._count(hour, Outcome.FILTERED, REPLAYED)
            self._keep(hour, event)
        elif held and (event.kept is None or held[0].reason != event.reason):
            self._take_out(held[0], hour)
            self._keep(hour, event)
            self._count(hour, Outcome.FILTERED, REPLAYED)
        elif at is None and event.kept is not None and place not in self._standing.aside:
            self._keep(hour, event)
        else:
            self._count(hour, Outcome.FILTERED, REPLAYED)

    def _keep(self, hour: int, event: LeftOut) -> None:
        """Count why an event is left out, and keep it aside where it is to be."""
        if event.kept is None:
            self._count(hour, Outcome.FILTERED, event.reason)
            return
        self._count(hour, Outcome.QUARANTINED, event.reason)
        self.aside.append(event.kept)

    def _remove(self, message_id: str, at: int) -> None:
        self.removed[message_id] = at
        self._count(hour_of(at), Outcome.LOADED, "", -1)

    def _release(self, message_id: str, received_at: int, hour: int) -> None:
        """Take out of quarantine an event that is loaded now."""
        for aside in self._standing.aside.get((message_id, received_at), ()):
            if aside.is_open and aside.key not in self.released:
                self._take_out(aside, hour)
                self._count(hour, Outcome.FILTERED, REPLAYED)
                return

    def _take_out(self, aside: Aside, hour: int) -> None:
        self.released.append(aside.key)
        self._count(hour, Outcome.QUARANTINED, aside.reason, -1)

    def _count(self, hour: int, outcome: Outcome, reason: str, by: int = 1) -> None:
        self._counts[hour, outcome, reason] += by
