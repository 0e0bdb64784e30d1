"""The entry of a batch of requests that a replay sends again.

Their events are told apart from each other as if they came for the first time: by their messageId
and the replay's id. What passes goes to the loader with a note, and so does what is left out: the
loader alone knows what stands in the warehouse, and puts the one in the place of the other.

The account: an event that is sent again is taken from the account where it is appended (outcome
`replayed`, reason `again`) and waits. What it turns out to change is counted by the loader, and so
is that nothing changes: `filtered`, under the reason `replayed`, which is then 0 again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import msgspec
import xxhash

from headwater.pipeline.batch import Batch, Place, Settled, require_balance
from headwater.pipeline.columns import kept_aside
from headwater.pipeline.dedupe import Marks, encode_marks
from headwater.pipeline.event import Aside, Drop, Event, Quarantine, Receipt
from headwater.ports import REPLAYS, Entry, Outcome, Record, Stored, Stream, Tally
from headwater.spec import again as spec
from headwater.spec import collected
from headwater.spec.again import AGAIN, REPEATED, REPLAYED, LeftOut, Note
from headwater.spec.reasons import Reason

_UNLEARNT = frozenset((Reason.SOURCE_DISABLED, Reason.STAGE_FAILED))
"""Reasons that say nothing about the event itself: what it was stays."""


def run_of(stored: Stored) -> str:
    """The id of the replay that sends a request again; empty for all that comes first."""
    if stored.partition != REPLAYS or not spec.is_again(stored.record.meta):
        return ""
    try:
        request = collected.DECODER.decode(stored.record.meta)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return request.again.run if request.again is not None else ""


class Again:
    """Is told of each event of a batch what becomes of it, as it is sent again."""

    def __init__(self) -> None:
        self._passed: dict[Place, list[tuple[str, Receipt]]] = {}
        self._left: list[tuple[Receipt, str, str, Aside | None]] = []
        self._repeated: dict[Place, list[tuple[Receipt, LeftOut]]] = {}

    def passed(self, place: Place, events: Sequence[Event]) -> None:
        held = self._passed.setdefault(place, [])
        held += [(event.message_id, event.receipt) for event in events]

    def left_out(self, event: Event, verdict: Quarantine | Drop) -> None:
        if isinstance(verdict, Drop):
            self._left.append((event.receipt, event.message_id, verdict.reason, None))

    def settle(self, batch: Batch, fresh: Callable[[Sequence[bytes]], Sequence[bool]]) -> Settled:
        """The one entry that accounts for a batch. `fresh` says which hashed ids are new.

        Raises AccountError when what comes out is not what came in.
        """
        left = self._left + [
            (each.receipt, each.message_id, each.verdict.reason.value, each) for each in batch.aside
        ]
        asked = batch.digests()
        own = [_digest(receipt, message_id) for receipt, message_id, _, _ in left]
        others = list(dict.fromkeys(own))
        is_new = fresh([*asked, *others])
        accepted, tallies, new = self._accepted(batch, iter(is_new[: len(asked)]))
        # What is left out goes, unless another of its messageId passes, here or before.
        goes = dict(zip(others, is_new[len(asked) :], strict=True))
        gone, unchanged = _gone(left, [goes[digest] for digest in own])
        for place, events in self._repeated.items():
            gone.setdefault(place, []).extend(events)
        for place, events in gone.items():
            note = _note(events[0][0], left_out=True)
            body = spec.encode([event for _, event in events])
            accepted.append(Record(*place_time(place, events), len(events), body, note))
            tallies.append(Tally(*place, Outcome.PASSED, "", len(events)))
        tallies += [Tally(*place, Outcome.FILTERED, REPLAYED, n) for place, n in unchanged.items()]
        require_balance(batch.read, tallies)
        marks = Marks(new, batch.oldest, batch.newest) if new else None
        entry = Entry(
            records={Stream.ACCEPTED: accepted, **_forwarded(batch)},
            tallies=tallies,
            consumed={Stream.COLLECTED: batch.positions},
            marks=encode_marks(marks) if marks else b"",
        )
        return Settled(entry, marks)

    def _accepted(
        self, batch: Batch, is_new: Iterable[bool]
    ) -> tuple[list[Record], list[Tally], list[bytes]]:
        """The records of what passes, for the first time in this replay."""
        records: list[Record] = []
        tallies: list[Tally] = []
        new: list[bytes] = []
        for place, passed in batch.passed.items():
            is_kept = list(islice(is_new, len(passed.digests)))
            count = sum(is_kept)
            for digest, (message_id, receipt), kept in zip(
                passed.digests, self._passed[place], is_kept, strict=True
            ):
                if kept:
                    # Also as if it had come by itself: nothing that comes late may double it.
                    new += (digest, _plain(receipt, message_id))
                else:
                    repeated = LeftOut(message_id, receipt.received_at, REPEATED)
                    self._repeated.setdefault(place, []).append((receipt, repeated))
            if not count:
                continue
            last = passed.columns.received()[-1]
            note = _note(self._passed[place][0][1])
            records.append(Record(*place[:1], last, count, passed.columns.body(is_kept), note))
            tallies.append(Tally(*place, Outcome.PASSED, "", count))
        return records, tallies, new


def _forwarded(batch: Batch) -> dict[Stream, list[Record]]:
    """What goes to other sources now: what came there before is known there by its messageId.

    Violations are counted where events first come, and not again.
    """
    forwarded = batch.beside.forwarded
    return {Stream.FORWARDED: forwarded} if forwarded else {}


def _gone(
    left: Sequence[tuple[Receipt, str, str, Aside | None]], goes: Sequence[bool]
) -> tuple[dict[Place, list[tuple[Receipt, LeftOut]]], Counter[Place]]:
    """By source and hour: what is left out, and how many events change nothing whatever they were,
    as another of their messageId passes."""
    gone: dict[Place, list[tuple[Receipt, LeftOut]]] = {}
    unchanged: Counter[Place] = Counter()
    for number, ((receipt, message_id, reason, aside), is_gone) in enumerate(
        zip(left, goes, strict=True)
    ):
        place = receipt.source_id, receipt.hour
        if not message_id or not is_gone or reason in _UNLEARNT:
            unchanged[place] += 1
            continue
        kept = None if aside is None else kept_aside(aside, number)
        event = LeftOut(message_id, receipt.received_at, reason, kept)
        gone.setdefault(place, []).append((receipt, event))
    return gone, unchanged


def place_time(place: Place, events: Sequence[tuple[Receipt, LeftOut]]) -> tuple[str, int]:
    """The source, and when the last of these events was received."""
    return place[0], events[-1][0].received_at


def _note(receipt: Receipt, *, left_out: bool = False) -> bytes:
    assert receipt.again is not None
    return msgspec.json.encode(Note(receipt.again.run, receipt.again.mode, left_out))


def _digest(receipt: Receipt, message_id: str) -> bytes:
    return xxhash.xxh3_128_digest(f"{receipt.source_id}\0{message_id}{receipt.replay}".encode())


def _plain(receipt: Receipt, message_id: str) -> bytes:
    """The hashed id of the event as it came first."""
    assert receipt.again is not None
    replay = receipt.replay.removesuffix(f"\0{receipt.again.run}")
    return xxhash.xxh3_128_digest(f"{receipt.source_id}\0{message_id}{replay}".encode())


def taken_back(records: Iterable[Record]) -> list[Tally]:
    """What is counted where requests are sent again: they wait, and are nowhere else."""
    counts: Counter[Place] = Counter()
    for each in records:
        counts[each.source_id, each.received_at // 3_600_000_000] += each.count
    return [Tally(*place, Outcome.REPLAYED, AGAIN, n) for place, n in counts.items()]
