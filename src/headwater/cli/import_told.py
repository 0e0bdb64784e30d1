"""Tells the server how far an import is, so that its source's page shows it.

It is told for people to look at: an import goes on whether or not it can be told of.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from headwater.cli.connection import Connection, call
from headwater.errors import HeadwaterError
from headwater.imports.opening import format_of
from headwater.imports.run import Job, Progress, id_of

_EVERY_SECONDS: Final = 1.0
_MOST_REJECTS: Final = 20
_LONGEST: Final = 1_000


class _Reject(msgspec.Struct):
    line: int
    reason: str
    row: str


@contextmanager
def told(job: Job, connection: Connection) -> Iterator[Callable[[Progress], None]]:
    """Tell that an import begins, how far it is whenever that is reported, and how it ended."""
    teller = _Teller(job, connection)
    teller.begin()
    try:
        yield teller.report
    except BaseException as error:
        stopped = not isinstance(error, Exception)
        message = "It was stopped." if stopped else str(error)
        teller.end("stopped" if stopped else "failed", message)
        raise
    teller.end("finished", "")


class _Teller:
    def __init__(self, job: Job, connection: Connection) -> None:
        self._job = job
        self._connection = connection
        self._path = ""
        self._told_at = float("-inf")
        self._last: Progress | None = None

    def begin(self) -> None:
        job = self._job
        body: dict[str, object] = {
            "importId": id_of(job),
            "sourceId": job.source_id,
            "file": job.path.name[:500],
            "format": str(format_of(job.path, job.rules.format)),
        }
        answer = self._call("POST", "/api/imports", body)
        self._path = f"/api/imports/{answer['import']['id']}" if answer else ""

    def report(self, progress: Progress) -> None:
        self._last = progress
        if time.monotonic() - self._told_at >= _EVERY_SECONDS:
            self._told_at = time.monotonic()
            self._tell({})

    def end(self, state: str, message: str) -> None:
        self._tell({"state": state, "message": message[:_LONGEST], "rejects": self._rejects()})

    def _tell(self, more: dict[str, object]) -> None:
        counts: dict[str, object] = {}
        if self._last is not None:
            account = self._last.account
            counts = {
                "rows": account.rows,
                "accepted": self._last.acknowledged,
                "rejected": account.rejected,
                "skipped": account.skipped.total(),
                "shareRead": min(1.0, max(0.0, self._last.share_read)),
            }
        if self._path:
            self._call("PATCH", self._path, counts | more)

    def _rejects(self) -> list[dict[str, object]]:
        """The first rejected rows, of the file that they are kept in."""
        found: list[dict[str, object]] = []
        try:
            with self._job.rejected.open("rb") as lines:
                for line, _ in zip(lines, range(_MOST_REJECTS), strict=False):
                    reject = msgspec.json.decode(line, type=_Reject)
                    found.append(
                        {
                            "line": reject.line,
                            "reason": reject.reason[:_LONGEST],
                            "row": reject.row[:_LONGEST],
                        }
                    )
        except (OSError, msgspec.DecodeError):
            pass
        return found

    def _call(self, method: str, path: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
        try:
            answer: dict[str, dict[str, str]] = call(self._connection, method, path, body)
        except HeadwaterError:
            return {}
        return answer
