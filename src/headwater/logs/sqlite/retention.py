"""Removing what is past its time: whole segments, read by everyone, counted before they go."""

import fcntl
import heapq
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from headwater.logs.sqlite import base, segment
from headwater.ports import Owner, Retention, Stream

ReadUpTo = Callable[[Stream, str], int]
"""The position of a stream and partition that every consumer has read."""


class _Candidate(msgspec.Struct, frozen=True, order=True):
    """A segment that may go, by the newest time in it and in those before it."""

    newest: int
    folder: Path
    number: int


def retain(
    directory: Path,
    partitions: Sequence[tuple[Owner, Path]],
    retention: Retention,
    *,
    now: int,
    read_up_to: ReadUpTo,
) -> int:
    """Remove the segments that are past retention, the oldest of all first. Returns the bytes.

    A partition's newest segment stays, and so does what a consumer has not read and what holds
    marks that are not forgotten.
    """
    if not partitions:
        return 0
    with _alone(directory) as is_alone:
        if not is_alone:
            return 0
        freed = sum(_finish(folder) for _, folder in partitions)
        kept = sum(
            segment.bytes_of(segment.path_of(folder, number))
            for _, folder in partitions
            for number in segment.numbers_in(folder)
        )
        oldest = now - int(retention.max_age_seconds * 1_000_000)
        for due in heapq.merge(*(_candidates(*each, read_up_to) for each in partitions)):
            if due.newest >= oldest and kept <= retention.max_bytes:
                break
            removed = _remove(due.folder, due.number)
            freed += removed
            kept -= removed
        return freed


def _finish(folder: Path) -> int:
    """Remove what was counted in the base, and then not removed because of a crash."""
    folded, _ = base.read(folder)
    freed = sum(
        segment.unlink(segment.path_of(folder, number))
        for number in segment.numbers_in(folder)
        if number in folded
    )
    return freed + segment.unlink_leftovers(folder)


def _candidates(owner: Owner, folder: Path, read_up_to: ReadUpTo) -> Iterator[_Candidate]:
    """The segments of a partition that everyone is done with, oldest first."""
    numbers = segment.numbers_in(folder)
    forgotten = _forgotten(folder, numbers[-1]) if numbers else 0
    newest = 0
    for number in numbers[:-1]:
        ends, last_time, last_mark = _ends(segment.path_of(folder, number), owner)
        is_read = all(read_up_to(stream, folder.name) >= end for stream, end in ends.items())
        if not is_read or last_mark > forgotten:
            return
        newest = max(newest, last_time)
        yield _Candidate(newest, folder, number)


def _ends(path: Path, owner: Owner) -> tuple[Mapping[Stream, int], int, int]:
    """The last position of each stream in a segment, its newest time, its last mark."""
    connection = segment.open_to_read(path)
    try:
        ends: dict[Stream, int] = {}
        newest = 0
        for stream in segment.streams_of(owner):
            if not segment.has(connection, stream):
                continue
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
def _alone(directory: Path) -> Iterator[bool]:
    """Whether this is the only process that removes from the log now."""
    descriptor = os.open(directory / "retention.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
