"""Databases that know where addresses are: files in MaxMind's format, in one folder.

Each is opened once in a process, and again when its file has changed. A file is copied first and
the copy opened: who writes over a file that is mapped into memory ends the process that reads it.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import maxminddb

from headwater.kit.logging import logger

LARGEST: Final = 2_000_000_000
"""Bytes of a database."""

_Mark = tuple[int, int, int]


class Folder:
    """The databases of a folder, which this process has opened."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._opened: dict[str, Database] = {}
        self._lock = threading.Lock()

    def move(self, path: Path) -> None:
        """Look for databases in a folder from now on."""
        with self._lock:
            self._path = path
            self._opened = {}

    def database(self, name: str) -> "Database":
        """The database of a file's name, whether or not there is such a file."""
        with self._lock:
            if name not in self._opened:
                path = None if self._path is None else self._path / name
                self._opened[name] = Database(path)
            return self._opened[name]

    def require(self, name: str) -> None:
        """Raise ValueError unless there is a file of this name that can be read as a database."""
        if self._path is None or not (self._path / name).is_file():
            raise ValueError(
                f"database: there is no file {name} in the server's folder of GeoIP databases"
                + ("" if self._path is None else f", {self._path}")
            )
        why = Database(self._path / name).refresh()
        if why:
            raise ValueError(f"database: {name} cannot be read: {why}")


class Database:
    """One database. `generation` grows with each time that it is opened."""

    def __init__(self, path: Path | None) -> None:
        self.generation = 0
        self._path = path
        self._mark: _Mark | None = None
        self._reader: maxminddb.Reader | None = None
        self._lock = threading.Lock()

    def refresh(self) -> str:
        """Open the file if it changed; one that cannot be read leaves what was opened before.
        Returns what is wrong with it, if anything is."""
        if self._path is None:
            return "there is no folder"
        try:
            mark = _mark(self._path)
            if mark == self._mark:
                return ""
        except OSError:
            return "there is no such file"
        with self._lock:
            if mark == self._mark:
                return ""
            self._mark = mark
            try:
                self._reader = _opened(self._path)
            except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
                logger("geoip").warning("geoip.unreadable", file=str(self._path), why=str(error))
                return str(error)
            self.generation += 1
            return ""

    def find(self, address: str) -> Mapping[str, Any]:
        """What is known of an address; nothing of a text that is none."""
        if self._reader is None:
            return {}
        try:
            found = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return {}
        return found if isinstance(found, dict) else {}


def _mark(path: Path) -> _Mark:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _opened(path: Path) -> maxminddb.Reader:
    """A reader of a copy that nobody else has. Raises OSError, ValueError and
    InvalidDatabaseError."""
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST:,} bytes")
    handle, copy = tempfile.mkstemp(suffix=".mmdb")
    os.close(handle)
    try:
        shutil.copyfile(path, copy)
        return maxminddb.open_database(copy)
    finally:
        Path(copy).unlink()


FOLDER: Final = Folder()
"""That of this process; `headwater.app` says where it is."""
