"""One segment of the log: an SQLite file that only its owner's writer appends to.

The body is a record's last column, so that counting what waits never reads it.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from headwater.ports import OWNERS, Outcome, Owner, Stream, Tally

SUFFIX: Final = ".db"
_BESIDE: Final = ("-wal", "-shm")
_PAGE_BYTES: Final = 16_384
_BUSY_SECONDS: Final = 30.0

_SCHEMA: Final = """
CREATE TABLE starts(stream TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tallies(
    source_id TEXT, hour INTEGER, outcome TEXT, reason TEXT, count INTEGER NOT NULL,
    PRIMARY KEY(source_id, hour, outcome, reason)) WITHOUT ROWID;
CREATE TABLE consumed(
    stream TEXT, partition TEXT, position INTEGER NOT NULL,
    PRIMARY KEY(stream, partition)) WITHOUT ROWID;
CREATE TABLE marks(number INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE forgotten(id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
"""
_RECORDS: Final = """
CREATE TABLE {table}(
    position INTEGER PRIMARY KEY, source_id TEXT NOT NULL, received_at INTEGER NOT NULL,
    count INTEGER NOT NULL, meta BLOB NOT NULL, body BLOB NOT NULL);
"""
ADD_TALLY: Final = """
INSERT INTO tallies VALUES (?, ?, ?, ?, ?)
ON CONFLICT(source_id, hour, outcome, reason) DO UPDATE SET count = count + excluded.count
"""
SET_CONSUMED: Final = """
INSERT INTO consumed VALUES (?, ?, ?)
ON CONFLICT(stream, partition) DO UPDATE SET position = excluded.position
"""
SET_FORGOTTEN: Final = """
INSERT INTO forgotten VALUES (1, ?) ON CONFLICT(id) DO UPDATE SET number = excluded.number
"""


def table_of(stream: Stream) -> str:
    """The table that holds a stream's records."""
    return f"records_{stream.value}"


def streams_of(owner: Owner) -> list[Stream]:
    """The streams that an owner writes."""
    return [stream for stream, of in OWNERS.items() if of is owner]


def path_of(folder: Path, number: int) -> Path:
    return folder / f"{number:012d}{SUFFIX}"


def numbers_in(folder: Path) -> list[int]:
    """The numbers of the segments in a partition's folder, oldest first."""
    numbers = _listed(folder)
    if numbers and numbers[-1] - numbers[0] >= len(numbers):
        # Of two files made while a folder is being listed, the first can be passed over.
        numbers = _listed(folder)
    return numbers


def _listed(folder: Path) -> list[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(int(n[: -len(SUFFIX)]) for n in names if n.endswith(SUFFIX) and n[0].isdigit())


def create(
    path: Path,
    owner: Owner,
    starts: Mapping[Stream, int],
    consumed: Iterable[tuple[str, str, int]],
    forgotten: int,
) -> None:
    """Make a segment with what it carries over, durably and in one step: a crash leaves none.

    `starts` are the last positions before this segment.
    """
    temporary = path.with_suffix(".new")
    for leftover in path.parent.glob(f"{temporary.name}*"):
        leftover.unlink()
    connection = sqlite3.connect(temporary, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        tables = "".join(_RECORDS.format(table=table_of(stream)) for stream in streams_of(owner))
        connection.executescript(f"BEGIN; {_SCHEMA} {tables} COMMIT;")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO starts VALUES (?, ?)", list(starts.items()))
        connection.executemany(SET_CONSUMED, list(consumed))
        connection.execute(SET_FORGOTTEN, (forgotten,))
        connection.execute("COMMIT")
        # Closing would do it too, but would not say when a full disk kept it from it: and what then
        # stands in the write-ahead log alone does not get the segment's name.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    temporary.replace(path)
    sync_folder(path.parent)


def complete(connection: sqlite3.Connection, owner: Owner) -> None:
    """Add the streams that the owner did not write yet when the segment was made."""
    missing = [stream for stream in streams_of(owner) if not has(connection, stream)]
    if not missing:
        return
    tables = "".join(_RECORDS.format(table=table_of(stream)) for stream in missing)
    starts = "".join(f"INSERT INTO starts VALUES ('{stream.value}', 0);" for stream in missing)
    connection.executescript(f"BEGIN IMMEDIATE; {tables} {starts} COMMIT;")


def has(connection: sqlite3.Connection, stream: Stream) -> bool:
    """Whether a segment holds a stream: one that is older than the stream does not."""
    found = connection.execute(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table_of(stream),)
    )
    return found.fetchone() is not None


def open_to_write(path: Path) -> sqlite3.Connection:
    """A connection that syncs each commit and leaves checkpoints to their own thread."""
    connection = _connect(path)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA cache_size = -8192")
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that never changes the segment. Raises FileNotFoundError when it is gone."""
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        connection = _connect(path)
    except sqlite3.OperationalError:
        if not path.exists():
            raise FileNotFoundError(path) from None
        raise
    try:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA cache_size = -2048")
        connection.execute("SELECT 1 FROM starts").fetchone()
    except sqlite3.Error:
        connection.close()
        if not path.exists():
            raise FileNotFoundError(path) from None
        raise
    if not path.exists():
        # Unlinked since it was opened: then the write-ahead log just read may be an empty new one.
        connection.close()
        raise FileNotFoundError(path)
    return connection


def open_to_checkpoint(path: Path) -> sqlite3.Connection:
    """A connection for copying the write-ahead log into the file."""
    connection = _connect(path)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
    )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tallies_in(connection: sqlite3.Connection) -> list[Tally]:
    """The tallies of a segment or of a base."""
    rows = connection.execute("SELECT source_id, hour, outcome, reason, count FROM tallies")
    return [Tally(s, h, Outcome(outcome), reason, count) for s, h, outcome, reason, count in rows]


def bytes_of(path: Path) -> int:
    """The bytes of a segment on disk, its write-ahead log included."""
    total = 0
    for name in (path, *_beside(path)):
        try:
            total += name.stat().st_size
        except FileNotFoundError:
            continue
    return total


def unlink(path: Path) -> int:
    """Remove a segment, itself before what stands beside it. Returns the bytes freed."""
    freed = bytes_of(path)
    for name in (path, *_beside(path)):
        name.unlink(missing_ok=True)
    return freed


def unlink_leftovers(folder: Path) -> int:
    """Remove what a crash in `unlink` left of segments older than all. Returns the bytes freed."""
    oldest = min(numbers_in(folder), default=0)
    removed = {
        path_of(folder, int(path.name[:12]))
        for kind in _BESIDE
        for path in folder.glob(f"{'[0-9]' * 12}{SUFFIX}{kind}")
    }
    return sum(unlink(path) for path in removed if path < path_of(folder, oldest))


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + kind) for kind in _BESIDE]
