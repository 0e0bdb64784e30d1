"""Writers of a log for the collector's tests: one that can be held, filled and broken."""

import threading
from collections.abc import Iterator, Mapping, Sequence

from headwater.errors import LogFullError
from headwater.ports import Entry, Positions, Record, Stream, Tally


class Writer:
    """Keeps entries in memory. While `hold` is set, appends wait for `let_go`."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.is_full = False
        self.fault: Exception | None = None
        self.opened = 0
        self.closed = 0
        self.appending = threading.Semaphore(0)
        self._gate = threading.Semaphore(0)
        self._is_held = False

    def open(self) -> "Writer":
        self.opened += 1
        return self

    def hold(self) -> None:
        self._is_held = True

    def let_go(self, *, all_of_them: bool = False) -> None:
        if all_of_them:
            self._is_held = False
        self._gate.release()

    def append(self, entry: Entry) -> Mapping[Stream, int]:
        self.appending.release()
        if self._is_held:
            self._gate.acquire(timeout=30)
        if self.is_full:
            raise LogFullError("The disk is full.", hint="Free some space.")
        if self.fault is not None:
            raise self.fault
        self.entries.append(entry)
        return {}

    def close(self) -> None:
        self.closed += 1

    @property
    def records(self) -> list[Record]:
        return [r for entry in self.entries for r in entry.records[Stream.COLLECTED]]

    @property
    def bodies(self) -> list[bytes]:
        return [record.body for record in self.records]

    def consumed(self, stream: Stream) -> Positions:
        return {}

    def marks(self) -> Iterator[tuple[int, bytes]]:
        return iter(())

    def forget_marks(self, up_to: int) -> None:
        assert up_to == 0
        if self.fault is not None:
            raise self.fault

    def tallies(self) -> Sequence[Tally]:
        return [tally for entry in self.entries for tally in entry.tallies]
