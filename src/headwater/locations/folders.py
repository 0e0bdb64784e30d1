"""A folder of this machine."""

import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from headwater.errors import LocationError
from headwater.locations.definition import Where
from headwater.locations.model import GoneError, Remote

_MOST: Final = 100_000


def path_of(url: str) -> Path:
    """The folder, or file, that a `file://` address names."""
    return Path(unquote(urlsplit(url).path))


class FolderPlace:
    """The files below a folder, or one file. Links out of it are not followed."""

    def __init__(self, where: Where) -> None:
        self._root = path_of(where.urls[0])
        self._pattern = where.pattern

    def files(self) -> Iterator[Remote]:
        if self._root.is_file():
            yield self._remote(self._root, self._root.name)
            return
        if not self._root.is_dir():
            raise LocationError(f"There is no folder {self._root}.")
        for path in self._root.rglob("*"):
            key = path.relative_to(self._root).as_posix()
            if any(part.startswith(".") for part in Path(key).parts) or path.is_symlink():
                continue
            if path.is_file() and fnmatchcase(key, self._pattern):
                yield self._remote(path, key)

    def _remote(self, path: Path, key: str) -> Remote:
        try:
            found = path.stat()
        except OSError as error:
            raise LocationError(f"{path} cannot be looked at: {error.strerror}.") from None
        version = f"{found.st_size}-{found.st_mtime_ns}"
        return Remote(key, version, found.st_size, found.st_mtime)

    def fetch(self, remote: Remote, to: Path) -> str:
        """Copied, so that it does not change while it is read."""
        path = self._root if self._root.is_file() else self._root / remote.key
        try:
            shutil.copyfile(path, to)
            now = self._remote(path, remote.key)
        except FileNotFoundError:
            raise GoneError from None
        except OSError as error:
            raise LocationError(f"{path} cannot be read: {error.strerror}.") from None
        if now.version != remote.version:
            raise GoneError
        return remote.version
