"""Runs: remembered message ids in immutable files, in rising order, mapped and not read.

A file holds the upper halves of its ids and then the lower ones, eight bytes each. A lookup touches
the upper halves alone, but for hits. Files appear whole, by a rename after a sync.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from headwater.errors import SeenIdsError
from headwater.pipeline.dedupe import Ids, Run, indexed, ordered

SUFFIX: Final = ".seen"
PARTIAL: Final = ".partial"

_MAGIC: Final = b"HWSEEN01"
_HEAD: Final = struct.Struct("<8sQQqq")  # magic, room, count, oldest, newest
_HEAD_BYTES: Final = 64
_WORD: Final = 8
_SLICE: Final = 131_072  # ids merged at a time: some milliseconds and megabytes


class RunFile(msgspec.Struct, frozen=True, eq=False):
    """One file of ids, received from `oldest` to `newest`, of the spills `first` to `last`."""

    path: Path
    first: int
    last: int
    oldest: int
    newest: int
    run: Run

    @property
    def ids(self) -> Ids:
        return self.run.ids

    def __len__(self) -> int:
        return len(self.run)

    def covers(self, other: "RunFile") -> bool:
        """Whether this run was merged from the other one, among others."""
        return self is not other and self.first <= other.first and other.last <= self.last


def open_run(path: Path) -> RunFile:
    """Map a run. Raises SeenIdsError when the file is not a whole run."""
    first, _, last = path.name.removesuffix(SUFFIX).partition("-")
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            magic, room, count, oldest, newest = _HEAD.unpack(file.read(_HEAD.size))
        if magic != _MAGIC or count > room or size != _HEAD_BYTES + 2 * _WORD * room:
            raise ValueError("its head and its size do not agree")
        numbers = int(first), int(last)
    except (ValueError, struct.error) as error:
        raise SeenIdsError(
            f"{path} is damaged: {error}.",
            hint="Restore it, or remove it to go on: repetitions of its events may then pass.",
        ) from None
    words = np.memmap(path, np.uint64, "r", _HEAD_BYTES, (2 * room,))
    # As plain arrays: every slice of a memmap would cost a view of its own class.
    upper = np.asarray(words[:count])
    lower = np.asarray(words[room : room + count])
    return RunFile(path, *numbers, oldest, newest, indexed(Ids(upper, lower)))


def open_runs(folder: Path) -> list[RunFile]:
    """All runs of a folder, oldest spill first. Removes what a crash left behind."""
    for left in folder.glob(f"*{PARTIAL}"):
        left.unlink()
    runs = [open_run(path) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    kept = [run for run in runs if not any(other.covers(run) for other in runs)]
    for run in runs:
        if run not in kept:
            run.path.unlink()
    return kept


def write_run(folder: Path, number: int, ids: Ids, span: tuple[int, int]) -> RunFile:
    """Make a run of ids in rising order, durably. `span` is when the first and last came."""
    path = _path(folder, number, number)
    with _File(path, len(ids)) as file:
        file.add(ids)
        file.finish(*span)
    return open_run(path)


def merge_runs(runs: Sequence[RunFile]) -> Iterator[RunFile | None]:
    """Merge runs of adjacent spills into one, a slice at each step; the last step has the run.

    The merged runs stay as they are: `remove` them then.
    """
    path = _path(runs[0].path.parent, runs[0].first, runs[-1].last)
    total = sum(map(len, runs))
    steps = total // _SLICE + 1
    bounds = np.array([step * (2**64 // steps) for step in range(1, steps)], np.uint64)
    cuts = [[0, *np.searchsorted(run.ids.upper, bounds).tolist(), len(run)] for run in runs]
    with _File(path, total) as file:
        for step in range(steps):
            parts = [
                (run.ids, slice(cut[step], cut[step + 1]))
                for run, cut in zip(runs, cuts, strict=True)
            ]
            upper = np.concatenate([ids.upper[part] for ids, part in parts])
            lower = np.concatenate([ids.lower[part] for ids, part in parts])
            file.add(ordered(Ids(upper, lower)))
            yield None
        file.finish(min(run.oldest for run in runs), max(run.newest for run in runs))
    yield open_run(path)


def remove(runs: Sequence[RunFile]) -> None:
    """Remove the files of runs. What maps them can go on reading."""
    for run in runs:
        run.path.unlink(missing_ok=True)


def _path(folder: Path, first: int, last: int) -> Path:
    return folder / f"{first:012d}-{last:012d}{SUFFIX}"


class _File:
    """A run being written: under another name until `finish`."""

    def __init__(self, path: Path, room: int) -> None:
        self._path = path
        self._partial = path.with_name(path.name + PARTIAL)
        self._room = room
        self._count = 0
        self._file = self._partial.open("wb")

    def __enter__(self) -> "_File":
        self._file.truncate(_HEAD_BYTES + 2 * _WORD * self._room)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, ids: Ids) -> None:
        """Add ids behind those that there are, and sync, so that the last sync is a short one."""
        place = _HEAD_BYTES + _WORD * self._count
        _write_at(self._file.fileno(), ids.upper.tobytes(), place)
        _write_at(self._file.fileno(), ids.lower.tobytes(), place + _WORD * self._room)
        self._count += len(ids)
        os.fsync(self._file.fileno())

    def finish(self, oldest: int, newest: int) -> None:
        """Make the run appear, durably."""
        head = _HEAD.pack(_MAGIC, self._room, self._count, oldest, newest)
        _write_at(self._file.fileno(), head, 0)
        os.fsync(self._file.fileno())
        self._partial.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_at(descriptor: int, content: bytes, place: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], place + written)
