"""The log's partition that replays are appended to, and the notes of what was appended."""

import threading
from collections.abc import Callable, Collection

from headwater.ports import REPLAYS, Entry, Log, LogWriter, Owner


class Replays:
    """Appends what is sent again, each chunk once; opened with the first of them.

    `pending` says which chunks are not known to be carried out: the notes of all others can go.
    """

    def __init__(self, log: Log, pending: Callable[[], Collection[str]]) -> None:
        self._log = log
        self._pending = pending
        self._writer: LogWriter | None = None
        self._notes: dict[str, int] = {}
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> None:
        """Append an entry, whose marks name its chunk, unless that was done. Raises LogError."""
        with self._lock:
            writer = self._open()
            if entry.marks.decode() in self._notes:
                return
            try:
                writer.append(entry)
            except BaseException:
                self._close()  # whether it was appended, the log tells when it is opened anew
                raise
            self._notes = _notes(writer)

    def has(self, chunk_id: str) -> bool:
        """Whether a chunk was appended, as long as it is pending. Raises LogError."""
        with self._lock:
            self._open()
            return chunk_id in self._notes

    def done(self, chunk_id: str) -> None:
        """A chunk is carried out: nobody will ask for its note."""
        with self._lock:
            self._done.add(chunk_id)
            if self._writer is not None:
                self._forget(self._writer)

    def close(self) -> None:
        """Let go of the partition."""
        with self._lock:
            self._close()

    def _open(self) -> LogWriter:
        if self._writer is None:
            self._writer = self._log.writer(Owner.COLLECTOR, REPLAYS)
            self._notes = _notes(self._writer)
            self._done = self._notes.keys() - set(self._pending())
            self._forget(self._writer)
        return self._writer

    def _forget(self, writer: LogWriter) -> None:
        """Forget the notes up to the first of a chunk that is not carried out."""
        last = 0
        for chunk_id, number in sorted(self._notes.items(), key=lambda each: each[1]):
            if chunk_id not in self._done:
                break
            last = number
        if last:
            writer.forget_marks(last)
            self._notes = {name: n for name, n in self._notes.items() if n > last}
        self._done &= self._notes.keys()

    def _close(self) -> None:
        writer, self._writer, self._notes = self._writer, None, {}
        if writer is not None:
            writer.close()


def _notes(writer: LogWriter) -> dict[str, int]:
    """The chunks that were appended and not forgotten, each with its note's number."""
    return {note.decode(): number for number, note in writer.marks()}
