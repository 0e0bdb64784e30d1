"""Whether the files of a log are whole: for `headwater doctor`."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from headwater.logs.sqlite import segment
from headwater.ports import Owner, Stream

_HASTY_BYTES: Final = 64 << 20
"""A segment that is larger is looked at in outline only: reading it whole takes seconds."""


def segments(directory: Path) -> list[Path]:
    """The segments of a log, by owner and partition, the oldest first."""
    return [
        segment.path_of(folder, number)
        for owner in Owner
        for folder in sorted((directory / owner.value).glob("*"))
        for number in segment.numbers_in(folder)
    ]


def problems(directory: Path) -> Iterator[str]:
    """What is wrong with a log's files, in sentences; nothing when all is well."""
    ends: dict[tuple[Path, Stream], int] = {}
    for path in segments(directory):
        try:
            connection = segment.open_to_read(path)
        except FileNotFoundError:
            continue  # retention has just removed it
        except sqlite3.Error as error:
            yield f"{path}: cannot be opened: {error}."
            continue
        try:
            yield from _damage(connection, path)
            for stream in _streams_in(connection, path):
                yield from _gaps(connection, path, stream, ends)
        except sqlite3.Error as error:
            yield f"{path}: cannot be read: {error}."
        finally:
            connection.close()


def ends(directory: Path) -> dict[tuple[Stream, str], int]:
    """The last position of each stream and partition."""
    found: dict[tuple[Stream, str], int] = {}
    for path in segments(directory):
        try:
            connection = segment.open_to_read(path)
        except FileNotFoundError:
            continue
        try:
            for stream in _streams_in(connection, path):
                _, last = _bounds(connection, stream)
                found[stream, path.parent.name] = last
        finally:
            connection.close()
    return found


def _streams_in(connection: sqlite3.Connection, path: Path) -> list[Stream]:
    """The streams that a segment holds."""
    owner = Owner(path.parent.parent.name)
    return [each for each in segment.streams_of(owner) if segment.has(connection, each)]


def _damage(connection: sqlite3.Connection, path: Path) -> Iterator[str]:
    if segment.bytes_of(path) > _HASTY_BYTES:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return
    for (text,) in connection.execute("PRAGMA quick_check(3)"):
        if text != "ok":
            yield f"{path}: {text}."


def _gaps(
    connection: sqlite3.Connection,
    path: Path,
    stream: Stream,
    ends: dict[tuple[Path, Stream], int],
) -> Iterator[str]:
    """Positions rise by one, in a segment and from one to the next."""
    start, end = _bounds(connection, stream)
    known = ends.get((path.parent, stream))
    if known is not None and start != known:
        yield f"{path}: {stream} begins after position {start}, and should after {known}."
    first, count = connection.execute(
        f"SELECT min(position), count(*) FROM {segment.table_of(stream)}"
    ).fetchone()
    if count and (first != start + 1 or end != start + count):
        yield f"{path}: {stream} has {count} records from {first} to {end} after {start}."
    ends[path.parent, stream] = end


def _bounds(connection: sqlite3.Connection, stream: Stream) -> tuple[int, int]:
    """The last position before a segment, and the last in it."""
    before = connection.execute(
        "SELECT position FROM starts WHERE stream = ?", (stream.value,)
    ).fetchone()
    start = before[0] if before else 0
    (last,) = connection.execute(f"SELECT max(position) FROM {segment.table_of(stream)}").fetchone()
    return start, start if last is None else last
