"""Removing what is past its time: whole segments, read by everyone, counted before they go."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from headwater.logs.sqlite import base, segment
from headwater.ports import Owner, Retention, Stream


def retain(
    folder: Path,
    owner: Owner,
    retention: Retention,
    *,
    now: int,
    read_up_to: Callable[[Stream], int],
) -> int:
    """Remove a partition's segments that are past retention; never the newest. Returns bytes."""
    with _alone(folder) as is_alone:
        if not is_alone:
            return 0
        return sum(
            _remove(folder, number) for number in _due(folder, owner, retention, now, read_up_to)
        )


def _due(
    folder: Path,
    owner: Owner,
    retention: Retention,
    now: int,
    read_up_to: Callable[[Stream], int],
) -> Iterator[int]:
    """The numbers of the segments to remove, oldest first."""
    folded, _ = base.read(folder)
    numbers = segment.numbers_in(folder)
    kept = sum(segment.bytes_of(segment.path_of(folder, number)) for number in numbers)
    oldest = now - int(retention.max_age_seconds * 1_000_000)
    forgotten = _forgotten(folder, numbers[-1]) if numbers else 0
    for number in numbers[:-1]:
        if number in folded:
            yield number
            continue
        path = segment.path_of(folder, number)
        ends, newest, last_mark = _ends(path, owner)
        is_read = all(read_up_to(stream) >= end for stream, end in ends.items())
        if not is_read or last_mark > forgotten:
            return
        if newest >= oldest and kept <= retention.max_bytes:
            return
        kept -= segment.bytes_of(path)
        yield number


def _ends(path: Path, owner: Owner) -> tuple[Mapping[Stream, int], int, int]:
    """The last position of each stream in a segment, its newest time, its last mark."""
    connection = segment.open_to_read(path)
    try:
        ends: dict[Stream, int] = {}
        newest = 0
        for stream in segment.streams_of(owner):
            table = segment.table_of(stream)
            [(end,)] = connection.execute(f"SELECT max(position) FROM {table}")
            if end:
                ends[stream] = end
                last = f"SELECT received_at FROM {table} WHERE position = ?"
                [(received_at,)] = connection.execute(last, (end,))
                newest = max(newest, received_at)
        [(mark,)] = connection.execute("SELECT max(number) FROM marks")
        return ends, newest, mark or 0
    finally:
        connection.close()


def _forgotten(folder: Path, newest: int) -> int:
    connection = segment.open_to_read(segment.path_of(folder, newest))
    try:
        [(number,)] = connection.execute("SELECT number FROM forgotten")
        return int(number)
    finally:
        connection.close()


def _remove(folder: Path, number: int) -> int:
    path = segment.path_of(folder, number)
    connection = segment.open_to_read(path)
    try:
        tallies = segment.tallies_in(connection)
    finally:
        connection.close()
    base.fold(folder, number, tallies)
    freed = segment.unlink(path)
    segment.sync_folder(folder)
    return freed


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether this is the only process that removes from the folder now."""
    descriptor = os.open(folder / "retention.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
