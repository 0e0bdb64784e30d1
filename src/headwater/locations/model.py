"""A file at a location, and how files are found and fetched there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec


class Remote(msgspec.Struct, frozen=True):
    """A file that is there. `version` changes with its content; empty, only reading it tells."""

    key: str
    version: str
    size: int | None = None
    modified: float = 0.0
    """Seconds since 1970."""


class Stop(Protocol):
    """A sign to come to an end."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Place(Protocol):
    """Where files are."""

    def files(self) -> Iterator[Remote]:
        """The files that are meant. Raises LocationError."""
        ...

    def fetch(self, remote: Remote, to: Path) -> str:
        """Bring a file into `to`, after what is there of it already; the version that was read.

        Raises LocationError, and GoneError for a file that is not there, or not as it was.
        """
        ...


class GoneError(Exception):
    """The file has changed, or is there no more: the next look tells."""
