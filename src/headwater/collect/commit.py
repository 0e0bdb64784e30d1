"""Group commit: many requests, one sync.

The requests that gather while an append is in flight are the next one; there is no timer. The
log is touched by one thread alone, so that a slow disk stops no connection.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Final, TypeAlias, TypeVar

import msgspec

from headwater.errors import LogError, LogFullError, UnavailableError
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.kit.logging import logger
from headwater.ports import Entry, LogWriter, Outcome, Record, Stream, Tally

GROUP_BYTES: Final = 16_000_000
QUEUE_BYTES: Final = 64_000_000
_OVERHEAD: Final = 500
_FAILURE_COUNTS_SECONDS: Final = 3.0

_T = TypeVar("_T")

Settled: TypeAlias = Callable[[UnavailableError | None], object]
"""Told once, in the loop: None when the record is synced, or why it is not kept."""

_log = logger("collect")


class Committed(msgspec.Struct, frozen=True):
    """What became of one group of `records` requests. `error` is None when it is on disk."""

    records: int
    bytes: int
    seconds: float
    tallies: Sequence[Tally]
    error: UnavailableError | None


class _Waiting(msgspec.Struct, frozen=True):
    record: Record | None
    settled: Settled
    size: int
    stream: Stream = Stream.COLLECTED


class _Group(msgspec.Struct, frozen=True):
    waiting: Sequence[_Waiting]
    size: int


class Committer:
    """Appends records in groups. Belongs to one event loop; `open_writer` is called by its thread.

    After a failed append it opens the log's writer anew, so that it recovers by itself. `report`
    is told of every group, in the loop.
    """

    def __init__(
        self,
        open_writer: Callable[[], LogWriter],
        *,
        report: Callable[[Committed], None],
        monotonic: Callable[[], float],
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._open_writer = open_writer
        self._writer: LogWriter | None = None
        self._report = report
        self._monotonic = monotonic
        self._queue_bytes = queue_bytes
        self._pending: list[_Waiting] = []
        self._pending_bytes = 0
        self._in_flight = False
        self._is_flush_due = False
        self._failed: tuple[float, UnavailableError] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._groups: SimpleQueue[_Group | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, record: Record, settled: Settled, stream: Stream = Stream.COLLECTED) -> None:
        """Queue a record of a stream; `settled` is told what became of it.

        Raises UnavailableError when too many bytes are waiting.
        """
        size = len(record.body) + _OVERHEAD
        if self._pending_bytes + size > self._queue_bytes and self._pending:
            raise UnavailableError(
                "Events come faster than the disk can keep them.",
                retry_after_seconds=1,
                hint="Send them again after the time in Retry-After.",
                code="overloaded",
            )
        self._enqueue(record, settled, size, stream)

    async def probe(self) -> UnavailableError | None:
        """Why an event sent now would not be kept; None when it would.

        A failure of the last moments counts; otherwise the log is made to write.
        """
        if self._failed and self._monotonic() - self._failed[0] < _FAILURE_COUNTS_SECONDS:
            return self._failed[1]
        done: asyncio.Future[UnavailableError | None] = self._loop.create_future()
        self._enqueue(None, resolver(done), 0)
        return await done

    async def close(self) -> None:
        """Commit all that waits, and close the log's writer."""
        await self._idle.wait()
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    def _enqueue(
        self,
        record: Record | None,
        settled: Settled,
        size: int,
        stream: Stream = Stream.COLLECTED,
    ) -> None:
        self._pending.append(_Waiting(record, settled, size, stream))
        self._pending_bytes += size
        if not self._in_flight and not self._is_flush_due:
            self._is_flush_due = True
            self._idle.clear()
            # Not at once: the other requests of this turn of the loop come along.
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        waiting, size = self._pending, self._pending_bytes
        if size > GROUP_BYTES:
            waiting, size = _first(waiting, GROUP_BYTES)
        self._pending = self._pending[len(waiting) :]
        self._pending_bytes -= size
        self._in_flight = True
        self._groups.put(_Group(waiting, size))

    def _settle(self, group: _Group, committed: Committed) -> None:
        """In the loop: hand over the next group, then answer this one."""
        self._in_flight = False
        if self._pending:
            self._flush()
        else:
            self._idle.set()
        error = committed.error
        self._failed = (self._monotonic(), error) if error else None
        for waiting in group.waiting:
            waiting.settled(error)
        self._report(committed)

    def _run(self) -> None:
        while (group := self._groups.get()) is not None:
            start = self._monotonic()
            records = [w.record for w in group.waiting if w.record is not None]
            entry = _entry(group.waiting, records)
            error = self._append(entry, is_probe=len(records) < len(group.waiting))
            seconds = self._monotonic() - start
            committed = Committed(len(records), group.size, seconds, entry.tallies, error)
            self._loop.call_soon_threadsafe(self._settle, group, committed)
        self._close_writer()

    def _append(self, entry: Entry, *, is_probe: bool) -> UnavailableError | None:
        try:
            if self._writer is None:
                self._writer = self._open_writer()
            self._writer.append(entry)
            if is_probe:
                # An entry without records may touch no page of the disk; this does, and changes
                # nothing, for the collector keeps no marks.
                self._writer.forget_marks(0)
        except LogFullError as error:
            return UnavailableError(
                error.message,
                retry_after_seconds=5,
                hint=error.hint or "Free disk space; events are taken again by themselves then.",
                code=error.code,
            )
        except Exception as error:
            _log.error("append.failed", error=str(error), kind=type(error).__name__)
            self._close_writer()
            return UnavailableError(
                "The log cannot be written now.",
                retry_after_seconds=2,
                hint=error.hint if isinstance(error, LogError) else "Look at the server's log.",
                code="log_error",
            )
        return None

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except Exception as error:
                _log.warning("writer.close_failed", error=str(error))


def resolver(done: "asyncio.Future[_T]") -> Callable[[_T], None]:
    """What gives a future its result, unless its waiter is gone."""

    def resolve(result: _T) -> None:
        if not done.done():
            done.set_result(result)

    return resolve


def _entry(waiting: Sequence[_Waiting], records: list[Record]) -> Entry:
    """What is appended for a group. What webhooks are sent is counted once it is events."""
    raw = [w.record for w in waiting if w.stream is Stream.RECEIVED and w.record is not None]
    if not raw:
        return Entry({Stream.COLLECTED: records}, tallies(records))
    events = [w.record for w in waiting if w.stream is Stream.COLLECTED and w.record is not None]
    return Entry({Stream.COLLECTED: events, Stream.RECEIVED: raw}, tallies(events))


def tallies(records: Sequence[Record]) -> list[Tally]:
    """How many events these records hold, by source and hour of receipt."""
    sums: dict[tuple[str, int], int] = {}
    for record in records:
        key = (record.source_id, record.received_at // MICROSECONDS_PER_HOUR)
        sums[key] = sums.get(key, 0) + record.count
    return [
        Tally(source_id, hour, Outcome.ACCEPTED, "", count)
        for (source_id, hour), count in sums.items()
    ]


def _first(waiting: list[_Waiting], limit: int) -> tuple[list[_Waiting], int]:
    """As many as `limit` bytes admit, at least one, and their size."""
    size = 0
    for index, item in enumerate(waiting):
        if index and size + item.size > limit:
            return waiting[:index], size
        size += item.size
    return waiting, size
