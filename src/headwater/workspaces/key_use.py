"""When each write key was last used, of the sources that have several.

Whoever replaces a key must know whether the old one is still in use. The collector notes it in a
small file beside the published configuration; a source with one key has nothing to tell apart.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

FILE_NAME = "key_use.json"


def read(directory: Path) -> Mapping[str, int]:
    """The last use of each key that is known to be used, in microseconds since the epoch."""
    try:
        return msgspec.json.decode((directory / FILE_NAME).read_bytes(), type=dict[str, int])
    except (OSError, msgspec.DecodeError):
        return {}


class KeyUse:
    """Notes uses in memory, and keeps them in the file when told to."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._used = dict(read(directory))
        self._is_kept = True

    def note(self, key: str, now: int) -> None:
        self._used[key] = now
        self._is_kept = False

    def keep(self) -> None:
        """Write what was noted since the last time. Not synced: a crash may cost some seconds."""
        if self._is_kept:
            return
        self._is_kept = True
        temporary = self._path.with_name(f".{FILE_NAME}.{os.getpid()}")
        temporary.write_bytes(msgspec.json.encode(self._used))
        temporary.replace(self._path)
