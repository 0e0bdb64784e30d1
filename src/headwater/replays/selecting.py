"""Which events of stored requests a replay means, and the requests as they are sent again. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from headwater import fql
from headwater.debugger.passed import delivered_rows
from headwater.pipeline.batch import Batch, Place, process
from headwater.pipeline.event import Drop, Event, Limits, Quarantine
from headwater.pipeline.program import Programs
from headwater.ports import Record, Stored
from headwater.replays.model import Selection
from headwater.spec import accepted, collected
from headwater.spec.again import Again, Mode
from headwater.workspaces.model import Source

_Request = tuple[str, int]


class Meant(msgspec.Struct, frozen=True):
    """An event of a request that a replay means: `number` is its place in the request, None where
    it cannot be told from the others of it (then `events` are all of it)."""

    stored: Stored
    number: int | None
    source_id: str
    message_id: str
    name: str
    events: int = 1


class Selector:
    """Tells which events fulfil a selection. For one thread: its programs remember."""

    def __init__(
        self,
        selection: Selection,
        sources: Mapping[str, Source],
        programs: Programs,
        limits: Limits,
    ) -> None:
        """Raises FqlError."""
        self._selection = selection
        self._names = frozenset(selection.events)
        text = selection.condition.strip()
        self._admits = fql.compile(text) if text else None
        self._sources = sources
        self._programs = programs
        self._limits = limits

    def meant(self, requests: Sequence[Stored]) -> list[Meant]:
        """The events of requests that are meant, those of a request side by side."""
        looked = _Looked()
        left = list(requests)
        while left:
            batch = process(
                left,
                self._sources,
                self._limits,
                after={},
                programs=self._programs,
                witness=looked,
            )
            looked.gather(batch)
            left = left[batch.requests :]
        return [
            meant
            for stored in requests
            for meant in self._of_request(stored, looked.events.get(_key(stored), {}))
        ]

    def _of_request(
        self, stored: Stored, events: Mapping[int, tuple[str, dict[str, Any]]]
    ) -> list[Meant]:
        source_id = stored.record.source_id
        found = [
            Meant(stored, number, source_id, message_id, _name(event))
            for number, (message_id, event) in sorted(events.items())
            if self._is_meant(event)
        ]
        unreadable = stored.record.count - len(events)
        if unreadable > 0 and self._selection.is_whole:
            found.append(Meant(stored, None, source_id, "", "", unreadable))
        return found

    def _is_meant(self, event: dict[str, Any]) -> bool:
        if self._names and _name(event) not in self._names:
            return False
        return self._admits is None or self._admits(event)


class _Looked:
    """Notes of each event what it becomes, by its request and number."""

    def __init__(self) -> None:
        self.events: dict[_Request, dict[int, tuple[str, dict[str, Any]]]] = {}
        self._passed: dict[Place, list[Event]] = {}

    def passed(self, place: Place, events: Sequence[Event]) -> None:
        self._passed.setdefault(place, []).extend(events)

    def left_out(self, event: Event, verdict: Quarantine | Drop) -> None:  # noqa: ARG002
        self._put(event, _as_sent(event))

    def gather(self, batch: Batch) -> None:
        """Take in what passed, as it is delivered."""
        for place, passed in batch.passed.items():
            body = passed.columns.body([True] * len(passed.columns))
            rows = delivered_rows(accepted.decode(body))
            for event, (_, delivered) in zip(self._passed[place], rows, strict=True):
                self._put(event, delivered)
        self._passed.clear()

    def _put(self, event: Event, shown: dict[str, Any]) -> None:
        receipt = event.receipt
        held = self.events.setdefault((receipt.partition, receipt.position), {})
        held[event.index] = (event.message_id, shown)


def _as_sent(event: Event) -> dict[str, Any]:
    try:
        sent = msgspec.json.decode(event.raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    if not isinstance(sent, dict):
        return {}
    sent.setdefault("type", event.type or event.receipt.type)
    return sent


def _name(event: Mapping[str, Any]) -> str:
    """The name of a track event; of other calls, their type."""
    name = event.get("event") if event.get("type") == "track" else event.get("type")
    return name if isinstance(name, str) else ""


def _key(stored: Stored) -> _Request:
    return stored.partition, stored.position


def sent_again(run_id: str, mode: Mode, meant: Sequence[Meant]) -> list[Record]:
    """The requests of these events, as they are sent again: as they came, with a note."""
    requests: dict[_Request, list[Meant]] = {}
    for each in meant:
        requests.setdefault(_key(each.stored), []).append(each)
    return [_record(run_id, mode, group) for group in requests.values()]


def whole(run_id: str, mode: Mode, stored: Stored) -> Record:
    """A request as it is sent again with all of its events."""
    return _noted(stored, Again(run_id, mode, stored.partition, stored.position), None)


def _record(run_id: str, mode: Mode, group: Sequence[Meant]) -> Record:
    stored = group[0].stored
    if sum(each.events for each in group) == stored.record.count:
        return whole(run_id, mode, stored)
    only = tuple(each.number for each in group if each.number is not None)
    again = Again(run_id, mode, stored.partition, stored.position, only)
    return _noted(stored, again, len(only))


def _noted(stored: Stored, again: Again, count: int | None) -> Record:
    record = stored.record
    try:
        request = collected.DECODER.decode(record.meta)
    except (msgspec.DecodeError, UnicodeDecodeError):
        request = collected.Request(collected.Shape.BATCH)
    meta = collected.ENCODER.encode(msgspec.structs.replace(request, again=again))
    return msgspec.structs.replace(
        record, meta=meta, count=record.count if count is None else count
    )
