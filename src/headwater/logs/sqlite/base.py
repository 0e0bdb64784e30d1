"""The tallies of segments that retention removed: folded in here, once each, before they go."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from headwater.logs.sqlite import segment
from headwater.ports import Tally

_NAME: Final = "removed.sqlite"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS folded(number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS tallies(
    source_id TEXT, hour INTEGER, outcome TEXT, reason TEXT, count INTEGER NOT NULL,
    PRIMARY KEY(source_id, hour, outcome, reason)) WITHOUT ROWID;
"""


def read(folder: Path) -> tuple[set[int], list[Tally]]:
    """The numbers of the folded segments, and their tallies summed."""
    path = folder / _NAME
    if not path.exists():
        return set(), []
    connection = _open(path)
    try:
        connection.execute("BEGIN")
        folded = {number for (number,) in connection.execute("SELECT number FROM folded")}
        return folded, segment.tallies_in(connection)
    finally:
        connection.close()


def fold(folder: Path, number: int, tallies: Iterable[Tally]) -> None:
    """Add a segment's tallies, unless that was done before (a crash fell before its removal)."""
    connection = _open(folder / _NAME)
    try:
        connection.execute("BEGIN IMMEDIATE")
        done = connection.execute("INSERT OR IGNORE INTO folded VALUES (?)", (number,)).rowcount
        if done:
            rows = [(t.source_id, t.hour, t.outcome.value, t.reason, t.count) for t in tallies]
            connection.executemany(segment.ADD_TALLY, rows)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _open(path: Path) -> sqlite3.Connection:
    is_new = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA)
    if is_new:
        segment.sync_folder(path.parent)
    return connection
