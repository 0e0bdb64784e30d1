"""What enters the audit trail without being waited for: reads of personal data above all.

A thread writes what was noted since it last wrote: no timer, and no reader waits for the disk.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from headwater.access.audit import Change
from headwater.access.model import Principal
from headwater.kit.logging import logger

READ: Final = "Personal Data Read"

_MOST_SUBJECTS: Final = 200
_LONGEST_SUBJECT: Final = 2000
_log = logger("access")


class Reads:
    """Notes reads and has them written, each caller's of one kind as one entry."""

    def __init__(self, write: Callable[[Principal, Change], None]) -> None:
        self._write = write
        self._noted: list[tuple[Principal, str, str]] = []
        self._entries: list[tuple[Principal, Change]] = []
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def note(self, by: Principal, what: str, subject_id: str) -> None:
        """Have a read recorded."""
        with self._changed:
            self._noted.append((by, what, subject_id[:_LONGEST_SUBJECT]))
            self._wake()

    def note_entry(self, by: Principal, change: Change) -> None:
        """Have an entry recorded as it is."""
        with self._changed:
            self._entries.append((by, change))
            self._wake()

    def close(self) -> None:
        """Return when everything noted is written."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="audit-reads", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._noted or self._entries or self._is_closed)
                noted, self._noted = self._noted, []
                entries, self._entries = self._entries, []
            if not noted and not entries:
                return
            for by, change in (*entries, *together(noted)):
                try:
                    self._write(by, change)
                except Exception as error:
                    _log.error("audit.read_not_recorded", actor=by.actor, error=repr(error))


def together(noted: Iterable[tuple[Principal, str, str]]) -> Iterable[tuple[Principal, Change]]:
    """The entries for reads: one for each caller and kind, with how often each subject was read."""
    groups: dict[tuple[str, str, str], tuple[Principal, Counter[str]]] = {}
    for by, what, subject_id in noted:
        _, counts = groups.setdefault((by.actor, by.workspace_id, what), (by, Counter()))
        counts[subject_id] += 1
    for (_, _, what), (by, counts) in groups.items():
        subjects = list(counts)
        for first in range(0, len(subjects), _MOST_SUBJECTS):
            part = {each: counts[each] for each in subjects[first : first + _MOST_SUBJECTS]}
            subject_id = next(iter(part)) if len(part) == 1 else ""
            yield by, Change(READ, what, subject_id, after={"reads": part})
