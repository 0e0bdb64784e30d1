"""What a pull knows of the rows that it has seen: one file for each pull, durable.

A row is told by its key; of its values only a hash is kept. Its version rises with each change, so
that a value that comes back is a change of its own.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from headwater.errors import PullError

FOLDER: Final = "pulls"
CREDENTIAL: Final = "credential "
"""Notes that begin so are credentials: they outlive what is forgotten of rows."""
_AT_ONCE: Final = 500
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS seen (
    key TEXT PRIMARY KEY, hash BLOB NOT NULL, version INTEGER NOT NULL, run INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Known(NamedTuple):
    """A row as it was last seen. A deleted one has an empty hash."""

    hash: bytes
    version: int
    run: int


class PullState:
    """The state of one pull, while it runs; nobody else can open it then.

    A pull of several resources has a part of it for each (`of`): keys and notes of its own.
    """

    def __init__(self, connection: sqlite3.Connection, part: str = "") -> None:
        self._connection = connection
        self._part = part

    def of(self, part: str) -> "PullState":
        """The part of a resource, whose name has only small letters, digits and `_`."""
        return PullState(self._connection, part)

    def known(self, keys: Sequence[str]) -> Mapping[str, Known]:
        """What is known of these rows."""
        found: dict[str, Known] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = [self._part + key for key in keys[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT key, hash, version, run FROM seen WHERE key IN ({marks})", some
            )
            found.update((self._own(key), Known(*rest)) for key, *rest in rows)
        return found

    def keep(self, rows: Mapping[str, Known], notes: Mapping[str, str]) -> None:
        """Keep what is known now, in one step."""
        with self._connection:
            self._connection.executemany(
                "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                "hash = excluded.hash, version = excluded.version, run = excluded.run",
                [(self._part + key, *known) for key, known in rows.items()],
            )
            self._connection.executemany(
                "INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
                "value = excluded.value",
                [(self._note(name), value) for name, value in notes.items()],
            )

    def gone(self, run: int, after: str, limit: int) -> list[tuple[str, Known]]:
        """Rows that were there and were not seen in a run, in the order of their keys."""
        return self._there(after, limit, run)

    def there(self, after: str, limit: int) -> list[tuple[str, Known]]:
        """Rows that are there as far as is known, in the order of their keys."""
        return self._there(after, limit, None)

    def _there(self, after: str, limit: int, before_run: int | None) -> list[tuple[str, Known]]:
        # A key is a JSON array: those of a part begin with its name and `[`.
        rows = self._connection.execute(
            "SELECT key, hash, version, run FROM seen WHERE key >= ? AND key > ? AND key < ? "
            "AND run < coalesce(?, run + 1) AND hash != x'' ORDER BY key LIMIT ?",
            (f"{self._part}[", self._part + after, f"{self._part}\\", before_run, limit),
        )
        return [(self._own(key), Known(*rest)) for key, *rest in rows]

    def _own(self, key: str) -> str:
        return key[len(self._part) :]

    def _note(self, name: str) -> str:
        return f"{self._part}:{name}" if self._part else name

    def forget_places(self) -> None:
        """Forget, in all parts, how far reading has come; not which run it was."""
        with self._connection:
            self._connection.execute(
                "DELETE FROM note WHERE name NOT IN ('run', 'opened') AND name NOT LIKE '%:run' "
                f"AND name NOT GLOB '{CREDENTIAL}*'"
            )

    def note(self, name: str) -> str:
        """A note; empty where there is none."""
        row = self._connection.execute(
            "SELECT value FROM note WHERE name = ?", (self._note(name),)
        ).fetchone()
        return "" if row is None else str(row[0])


@contextmanager
def passing_state() -> Iterator[PullState]:
    """A state that nobody keeps."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_TABLES)
        yield PullState(connection)


@contextmanager
def open_state(data_dir: Path, pull_id: str, *, is_new: bool = False) -> Iterator[PullState]:
    """The state of a pull; with `is_new` all that was known is forgotten.

    Raises PullError while another run of the same pull holds it.
    """
    path = data_dir / FOLDER / f"{pull_id}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_TABLES)
        with connection:
            connection.execute("INSERT OR REPLACE INTO note VALUES ('opened', '1')")
            if is_new:
                connection.execute("DELETE FROM seen")
                connection.execute(f"DELETE FROM note WHERE name NOT GLOB '{CREDENTIAL}*'")
    except sqlite3.OperationalError as error:
        connection.close()
        raise PullError(
            f"The state of this pull cannot be opened: {error}.",
            hint="Another run of the same pull holds it: wait for its end.",
        ) from None
    try:
        yield PullState(connection)
    finally:
        connection.close()


def rewind(data_dir: Path, pull_id: str) -> None:
    """Let the next run read from the start. What was seen stays known, so only what is new or has
    changed makes events. Raises PullError while a run holds the state."""
    with open_state(data_dir, pull_id) as state:
        state.forget_places()
