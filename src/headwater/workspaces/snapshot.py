"""The published configuration: one file, replaced whole, read by every role without a database."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from headwater.workspaces.model import Configuration

FILE_NAME = "configuration.json"


def publish(directory: Path, configuration: Configuration) -> None:
    """Replace the published configuration, durably and in one step."""
    temporary = directory / f".{FILE_NAME}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(configuration))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(directory / FILE_NAME)


class PublishedConfiguration:
    """Reads the published configuration again only when the file was replaced."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._seen: tuple[int, int] | None = None
        self._configuration: Configuration | None = None

    def current(self) -> Configuration | None:
        """The newest published configuration; None before the first. Costs one stat."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._configuration
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self._seen:
            self._configuration = msgspec.json.decode(self._path.read_bytes(), type=Configuration)
            self._seen = seen
        return self._configuration


class OpenedConfiguration(PublishedConfiguration):
    """The published configuration, whose secrets stay sealed in the file and are opened here."""

    def __init__(self, directory: Path, opened: Callable[[Configuration], Configuration]) -> None:
        """`opened` opens those secrets that the reader needs."""
        super().__init__(directory)
        self._open = opened
        self._sealed: Configuration | None = None
        self._opened: Configuration | None = None

    def current(self) -> Configuration | None:
        """The newest one, opened once."""
        newest = super().current()
        if newest is not self._sealed:
            self._opened = None if newest is None else self._open(newest)
            self._sealed = newest
        return self._opened
