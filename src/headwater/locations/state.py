"""What is known of the files of a location: one database for each, durable."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from headwater.errors import LocationError

FOLDER: Final = "locations"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS file (
    key TEXT PRIMARY KEY, version TEXT NOT NULL, state TEXT NOT NULL, mapping TEXT NOT NULL,
    attempts INTEGER NOT NULL, at REAL NOT NULL, rows INTEGER NOT NULL, events INTEGER NOT NULL,
    rejected INTEGER NOT NULL, message TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
DONE: Final = "done"
FAILED: Final = "failed"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a version of a file, and by which mapping."""

    key: str
    version: str
    state: str
    mapping: str
    attempts: int = 1
    at: float = 0.0
    rows: int = 0
    events: int = 0
    rejected: int = 0
    message: str = ""


class LocationState:
    """The state of one location, while it is looked at; nobody else can open it then."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self, key: str) -> Known | None:
        names = Known.__struct_fields__
        row = self._connection.execute(
            f"SELECT {', '.join(names)} FROM file WHERE key = ?", (key,)
        ).fetchone()
        return None if row is None else Known(**dict(zip(names, row, strict=True)))

    def history(self, limit: int = 100) -> list[Known]:
        """The files that were imported, or could not be, the newest first."""
        names = Known.__struct_fields__
        rows = self._connection.execute(
            f"SELECT {', '.join(names)} FROM file ORDER BY at DESC LIMIT ?", (limit,)
        )
        return [Known(**dict(zip(names, row, strict=True))) for row in rows]

    def keep(self, known: Known) -> None:
        """Keep what became of a file, in one step."""
        values = msgspec.structs.astuple(known)
        with self._connection:
            self._connection.execute(
                f"INSERT OR REPLACE INTO file VALUES ({', '.join('?' * len(values))})", values
            )

    def generation(self) -> int:
        """How often all was forgotten: a part of the messageIds."""
        row = self._connection.execute("SELECT value FROM note WHERE name = 'generation'")
        found = row.fetchone()
        return int(found[0]) if found else 0

    def forget(self, *, is_new: bool) -> None:
        """Let every file be looked at again; with `is_new` their events are new ones too."""
        with self._connection:
            self._connection.execute("DELETE FROM file")
            if is_new:
                self._connection.execute(
                    "INSERT OR REPLACE INTO note VALUES ('generation', ?)",
                    (str(self.generation() + 1),),
                )


def folder_of(data_dir: Path, location_id: str) -> Path:
    """Where a location keeps what it knows, and the file that it is reading."""
    return data_dir / FOLDER / location_id


@contextmanager
def open_state(data_dir: Path, location_id: str) -> Iterator[LocationState]:
    """The state of a location. Raises LocationError while another run of it holds it."""
    folder = folder_of(data_dir, location_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(folder / "state.sqlite", timeout=0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_TABLES)
        with connection:
            connection.execute("INSERT OR REPLACE INTO note VALUES ('opened', '1')")
    except sqlite3.OperationalError as error:
        connection.close()
        raise LocationError(
            f"The state of this location cannot be opened: {error}.",
            hint="Another run of the same location holds it: wait for its end.",
        ) from None
    try:
        yield LocationState(connection)
    finally:
        connection.close()
