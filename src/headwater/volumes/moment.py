"""The ledger of one moment with what freshness needs beside it, read once for all who ask."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final, Protocol

import anyio.to_thread
import msgspec

from headwater.errors import UnavailableError
from headwater.ledger import rules
from headwater.ledger.model import Ledger
from headwater.ports import Log, Owner, Positions, Stream, Tally
from headwater.queries.model import LoaderLedger

_KEPT_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 1.0
_FEW: Final = 64


class Counted(Protocol):
    """The loader's side of the ledger, as the warehouse role tells it."""

    async def ledger(self) -> LoaderLedger: ...


class Moment(msgspec.Struct, frozen=True):
    """All workspaces' accounts, and what waits for the pipeline and for the loader. Each source's
    oldest waiting event that could be told, by the time of its receipt."""

    ledger: Ledger
    for_pipeline: tuple[Tally, ...]
    for_loader: tuple[Tally, ...]
    oldest_waiting: Mapping[str, int]
    last_accepted: Mapping[str, int]
    log_bytes: int


class Moments:
    """Reads moments; those who ask within a second of each other get the same one."""

    def __init__(self, log: Log, warehouse: Counted) -> None:
        self._log = log
        self._warehouse = warehouse
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._newest: Moment | None = None

    async def now(self) -> Moment:
        """The accounts as they are. Raises UnavailableError where the warehouse does not answer."""
        async with self._lock:
            if self._newest is None or time.monotonic() - self._read_at > _KEPT_SECONDS:
                self._newest = await self._read()
                self._read_at = time.monotonic()
            return self._newest

    async def _read(self) -> Moment:
        try:
            loader = await asyncio.wait_for(self._warehouse.ledger(), _PATIENCE_SECONDS)
        except TimeoutError:
            raise UnavailableError(
                "The warehouse does not answer.",
                hint="It may be starting; try again in a moment.",
                code="warehouse_unavailable",
            ) from None
        return await anyio.to_thread.run_sync(moment, self._log, loader)


def moment(log: Log, loader: LoaderLedger) -> Moment:
    """A moment of the log, given the loader's earlier one: in this order the accounts balance (see
    headwater.ledger.read)."""
    loaded = loader.positions.get(Stream.ACCEPTED.value, {})
    pipeline = log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, loaded)
    led = pipeline.consumed.get(Stream.COLLECTED, {})
    collector = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, led)
    oldest = _first(log, Stream.ACCEPTED, loaded) if pipeline.waiting else {}
    if collector.waiting:
        for source_id, at in _first(log, Stream.COLLECTED, led).items():
            oldest[source_id] = min(at, oldest.get(source_id, at))
    return Moment(
        rules.ledger(collector, pipeline, loader.tallies),
        tuple(collector.waiting),
        tuple(pipeline.waiting),
        oldest,
        _last(log),
        log.size(),
    )


def _first(log: Log, stream: Stream, after: Positions) -> dict[str, int]:
    """When the first of the next few records of each source were received."""
    found: dict[str, int] = {}
    for each in log.read(stream, after, max_bytes=1_000_000, max_records=_FEW):
        record = each.record
        found[record.source_id] = min(
            record.received_at, found.get(record.source_id, record.received_at)
        )
    return found


def _last(log: Log) -> dict[str, int]:
    """When the newest of the last few requests of each source were received."""
    after = {name: max(0, end - _FEW) for name, end in log.ends(Stream.COLLECTED).items()}
    found: dict[str, int] = {}
    for each in log.read(Stream.COLLECTED, after, max_bytes=4_000_000, max_records=_FEW * 4):
        record = each.record
        found[record.source_id] = max(record.received_at, found.get(record.source_id, 0))
    return found
