"""Is there room on the disk? Asked before each append, answered from memory most of the time."""

import errno
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from headwater.errors import LogFullError

_ASK_AGAIN_SECONDS: Final = 0.2
_ALMOST_NOTHING: Final = 1_000_000


def free_bytes(folder: Path) -> int:
    """The bytes that this user may still write to the disk of a folder."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class Watermark:
    """Refuses while the disk has less than `reserve` bytes left; recovers by itself."""

    def __init__(
        self, folder: Path, reserve: int, free: Callable[[Path], int] = free_bytes
    ) -> None:
        self._folder = folder
        self._reserve = reserve
        self._free = free
        self._asked_at = float("-inf")
        self._left = 0

    def check(self) -> None:
        """Raise LogFullError while there is too little room."""
        now = time.monotonic()
        if now - self._asked_at >= _ASK_AGAIN_SECONDS:
            self._left = self._free(self._folder)
            self._asked_at = now
        if self._left < self._reserve:
            raise full(self._left, self._reserve)

    def is_exhausted(self) -> bool:
        """Whether the disk has next to nothing left: what a failed write is explained by."""
        return self._free(self._folder) < max(_ALMOST_NOTHING, self._reserve)


def full(left: int, reserve: int) -> LogFullError:
    """The refusal of an append before it is begun."""
    return LogFullError(
        f"The disk has {left:,} bytes left; nothing is accepted below {reserve:,}.",
        hint="Free disk space, or lower disk_reserve_bytes. Nothing that was accepted is lost.",
    )


def exhausted(folder: Path) -> LogFullError:
    """The refusal of an append that met the end of the disk; it was taken back whole."""
    return LogFullError(
        f"The disk that holds {folder} is full.",
        hint="Free disk space. Nothing that was accepted is lost.",
    )


def says_full(error: Exception) -> bool:
    """Whether an error of SQLite or of the system is that of a full disk or quota."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
