"""What functions did: counts and times by five minutes, and the last runs with what they logged.

One small SQLite file in the data folder, written by who runs functions and read by everyone. It
holds no state: where it cannot be written or read, functions go on, and their logs are missing.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.functions.runtime.model import Failed, Line, Result
from headwater.kit.logging import logger

FILE_NAME: Final = "functions.sqlite"
KEPT_RUNS: Final = 500
"""So many runs of a function are kept."""
KEPT_DAYS: Final = 14
MOST_LINES: Final = 100
MOST_ERRORS: Final = 20
SPAN: Final = 300_000_000
"""Microseconds of a span that counts are summed over."""
_PRUNE_EVERY: Final = 200
_LONGEST: Final = 1_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS runs(
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, function_id TEXT NOT NULL,
    instance_id TEXT NOT NULL, source_id TEXT NOT NULL, events INTEGER NOT NULL,
    changed INTEGER NOT NULL, dropped INTEGER NOT NULL, failed INTEGER NOT NULL,
    milliseconds REAL NOT NULL, notes TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS runs_by_function ON runs(function_id, id);
CREATE TABLE IF NOT EXISTS spans(
    function_id TEXT, instance_id TEXT, at INTEGER, runs INTEGER NOT NULL, events INTEGER NOT NULL,
    changed INTEGER NOT NULL, dropped INTEGER NOT NULL, failed INTEGER NOT NULL,
    milliseconds REAL NOT NULL, slowest REAL NOT NULL,
    PRIMARY KEY(function_id, instance_id, at)) WITHOUT ROWID;
"""
_ADD_SPAN: Final = """
INSERT INTO spans VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
ON CONFLICT(function_id, instance_id, at) DO UPDATE SET
    runs = runs + 1, events = events + excluded.events, changed = changed + excluded.changed,
    dropped = dropped + excluded.dropped, failed = failed + excluded.failed,
    milliseconds = milliseconds + excluded.milliseconds, slowest = max(slowest, excluded.slowest)
"""
_log = logger("functions")


class Error(msgspec.Struct, frozen=True, rename="camel"):
    """What went wrong with `count` events of a run, and where in the code; line 0 is not known."""

    kind: str
    message: str
    name: str = ""
    line: int = 0
    stack: str = ""
    message_id: str = ""
    """Of the first of these events."""
    count: int = 1


class Logged(msgspec.Struct, frozen=True, rename="camel"):
    """A line that the code wrote to its console."""

    level: str
    text: str
    message_id: str = ""


class Notes(msgspec.Struct, frozen=True):
    lines: tuple[Logged, ...] = ()
    errors: tuple[Error, ...] = ()


class Run(msgspec.Struct, frozen=True, rename="camel"):
    """What a function did with some events that were given to it at once. `at` is in microseconds
    since the epoch."""

    at: int
    function_id: str
    instance_id: str
    source_id: str
    events: int
    changed: int
    dropped: int
    failed: int
    milliseconds: float
    lines: Sequence[Logged] = ()
    errors: Sequence[Error] = ()
    id: int = 0


class Span(msgspec.Struct, frozen=True):
    """What a function did in some five minutes from `at` on, over all its connections."""

    at: int
    runs: int
    events: int
    changed: int
    dropped: int
    failed: int
    milliseconds: float
    slowest: float


def gathered(results: Sequence[Result], ids: Sequence[str]) -> Notes:
    """The first lines and the errors of some results, the same errors as one."""
    lines: list[Logged] = []
    errors: dict[tuple[str, str, int], Error] = {}
    for result, message_id in zip(results, ids, strict=True):
        if result.logs and len(lines) < MOST_LINES:
            lines += [Logged(each.level, each.text, message_id) for each in result.logs]
        if result.failed is not None:
            _add(errors, result.failed, message_id)
    return Notes(tuple(lines[:MOST_LINES]), tuple(errors.values()))


def _add(errors: dict[tuple[str, str, int], Error], failed: Failed, message_id: str) -> None:
    key = (failed.kind.value, failed.message, failed.line)
    known = errors.get(key)
    if known is not None:
        errors[key] = msgspec.structs.replace(known, count=known.count + 1)
    elif len(errors) < MOST_ERRORS:
        errors[key] = Error(
            failed.kind.value,
            failed.message[:_LONGEST],
            failed.name,
            failed.line,
            failed.stack[:_LONGEST],
            message_id,
        )


def lines_of(logs: Sequence[Line]) -> tuple[Logged, ...]:
    """Lines that belong to no event."""
    return tuple(Logged(each.level, each.text) for each in logs)


class Recorder:
    """Writes runs, for any number of threads. Never raises: what cannot be written is not kept."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._since_pruned = 0

    def note(self, run: Run) -> None:
        """Keep a run."""
        with self._lock:
            try:
                self._write(run)
            except (sqlite3.Error, OSError) as error:
                _log.warning("runs.not_kept", error=str(error))
                self._close()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _write(self, run: Run) -> None:
        if self._connection is None:
            self._connection = _opened(self._path)
        at = run.at - run.at % SPAN
        counts = (run.events, run.changed, run.dropped, run.failed, run.milliseconds)
        notes = msgspec.json.encode(Notes(tuple(run.lines), tuple(run.errors))).decode()
        place = (run.function_id, run.instance_id)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.execute(
                "INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (run.at, *place, run.source_id, *counts, notes),
            )
            self._connection.execute(_ADD_SPAN, (*place, at, *counts, run.milliseconds))
            self._since_pruned += 1
            if self._since_pruned >= _PRUNE_EVERY:
                self._since_pruned = 0
                self._prune(run.at)
        finally:
            self._connection.execute("COMMIT")

    def _prune(self, now: int) -> None:
        connection = self._connection
        if connection is None:
            return
        functions = connection.execute("SELECT DISTINCT function_id FROM runs").fetchall()
        for (function_id,) in functions:
            connection.execute(
                "DELETE FROM runs WHERE function_id = ?1 AND id <= (SELECT id FROM runs"
                " WHERE function_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                (function_id, KEPT_RUNS),
            )
        oldest = now - KEPT_DAYS * 86_400_000_000
        connection.execute("DELETE FROM spans WHERE at < ?", (oldest,))
        connection.execute("DELETE FROM runs WHERE at < ?", (oldest,))

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def runs(
    folder: Path, function_id: str, *, count: int = 50, before: int = 0, noted: bool = False
) -> list[Run]:
    """The last runs of a function, the newest first: those before the run `before`, and with
    `noted` only those that logged something or failed."""
    where = "function_id = ?1 AND (?2 = 0 OR id < ?2)"
    if noted:
        where += " AND (failed > 0 OR notes NOT LIKE '{\"lines\":[],%')"
    sql = (
        "SELECT at, function_id, instance_id, source_id, events, changed, dropped, failed,"
        f" milliseconds, notes, id FROM runs WHERE {where} ORDER BY id DESC LIMIT ?3"
    )
    with _reading(folder) as connection:
        if connection is None:
            return []
        found = connection.execute(sql, (function_id, before, count)).fetchall()
    return [_run(row) for row in found]


def spans(folder: Path, function_id: str, since: int) -> list[Span]:
    """What a function did, by five minutes, from the oldest on."""
    sql = (
        "SELECT at, sum(runs), sum(events), sum(changed), sum(dropped), sum(failed),"
        " sum(milliseconds), max(slowest) FROM spans WHERE function_id = ? AND at >= ?"
        " GROUP BY at ORDER BY at"
    )
    with _reading(folder) as connection:
        if connection is None:
            return []
        return [Span(*row) for row in connection.execute(sql, (function_id, since))]


def totals(folder: Path, since: int) -> Mapping[str, Span]:
    """What each function did since a time."""
    sql = (
        "SELECT function_id, min(at), sum(runs), sum(events), sum(changed), sum(dropped),"
        " sum(failed), sum(milliseconds), max(slowest) FROM spans WHERE at >= ?"
        " GROUP BY function_id"
    )
    with _reading(folder) as connection:
        if connection is None:
            return {}
        return {row[0]: Span(*row[1:]) for row in connection.execute(sql, (since,))}


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """The file; None where there is none yet, or none that can be read."""
    path = folder / FILE_NAME
    if not path.exists():
        yield None
        return
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        connection.execute("PRAGMA query_only = 1")
        is_ready = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('runs', 'spans')"
        ).fetchone() == (2,)
        yield connection if is_ready else None
    finally:
        connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=1.0, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(_SCHEMA)
    return connection


def _run(row: Sequence[Any]) -> Run:
    notes = msgspec.json.decode(row[9], type=Notes)
    made = Run(*row[:9])
    return msgspec.structs.replace(made, lines=notes.lines, errors=notes.errors, id=row[10])
