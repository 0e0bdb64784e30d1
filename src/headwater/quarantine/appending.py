"""The log's partition that replays are appended to, and the notes of what was appended."""

import threading

from headwater.ports import REPLAYS, Log, LogWriter, Owner
from headwater.quarantine.replaying import entry
from headwater.quarantine.store import Chunk


class Replays:
    """Appends replays, each chunk once; opened with the first of them."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._writer: LogWriter | None = None
        self._notes: dict[str, int] = {}
        self._lock = threading.Lock()

    def append(self, chunk: Chunk) -> None:
        """Append the replays of a chunk, unless that was done before. Raises LogError."""
        with self._lock:
            writer = self._open()
            if chunk.id in self._notes:
                return
            try:
                writer.append(entry(chunk.replays, chunk.id))
            except BaseException:
                self._close()  # whether it was appended, the log tells when it is opened anew
                raise
            self._notes = _notes(writer)

    def forget(self) -> None:
        """Forget all notes: of what was appended nothing is left to be done."""
        with self._lock:
            if self._writer is not None and self._notes:
                self._writer.forget_marks(max(self._notes.values()))
                self._notes = {}

    def close(self) -> None:
        """Let go of the partition."""
        with self._lock:
            self._close()

    def _open(self) -> LogWriter:
        if self._writer is None:
            self._writer = self._log.writer(Owner.COLLECTOR, REPLAYS)
            self._notes = _notes(self._writer)
        return self._writer

    def _close(self) -> None:
        writer, self._writer, self._notes = self._writer, None, {}
        if writer is not None:
            writer.close()


def _notes(writer: LogWriter) -> dict[str, int]:
    """The chunks that were appended and not forgotten, each with its note's number."""
    return {note.decode(): number for number, note in writer.marks()}
