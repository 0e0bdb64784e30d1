"""A disk that fills up: refused, nothing half kept, and taken up again when there is room."""

import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.errors import LogFullError
from headwater.logs.sqlite import SqliteLog
from headwater.logs.sqlite.disk import says_full
from headwater.ports import LogWriter, Owner, Record, Stream
from headwater.testing.log_contract import EVERYTHING, NOON, collected, tally


@pytest.fixture
def disk(small_disk: Callable[[int], Path]) -> Path:
    """A disk of 8 MB."""
    return small_disk(8)


def _append(writer: LogWriter, size: int) -> None:
    writer.append(collected(Record("a", NOON, 1, b"z" * size), tallies=[tally(1)]))


def _fill(writer: LogWriter, size: int) -> int:
    """Append until it is refused. Returns how many appends were taken."""
    for taken in range(1000):
        try:
            _append(writer, size)
        except LogFullError:
            return taken
    raise AssertionError("the disk never filled up")


@pytest.mark.parametrize("segment_bytes", [10**9, 100_000], ids=["one segment", "many segments"])
def test_it_fills_up_to_the_last_byte_and_goes_on_when_there_is_room(
    disk: Path, segment_bytes: int
) -> None:
    log = SqliteLog(disk / "log", segment_bytes=segment_bytes)
    writer = log.writer(Owner.COLLECTOR)
    _append(writer, 1000)
    ballast = disk / "ballast"
    ballast.write_bytes(b"b" * 3_000_000)
    kept = 1 + _fill(writer, 30_000)
    for _ in range(3):
        with pytest.raises(LogFullError):
            _append(writer, 3_000_000)

    ballast.unlink()
    _append(writer, 1000)
    kept += 1

    found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
    assert [stored.position for stored in found] == list(range(1, kept + 1))
    assert writer.tallies() == [tally(kept)]
    writer.close()
    log.close()


def test_a_writer_that_met_a_full_disk_opens_again_with_all_that_it_told(disk: Path) -> None:
    log = SqliteLog(disk / "log")
    writer = log.writer(Owner.COLLECTOR)
    kept = _fill(writer, 100_000)
    writer.close()
    log.close()

    again = SqliteLog(disk / "log")

    assert len(again.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)) == kept
    assert again.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {}).tallies == [tally(kept)]
    again.close()


def test_the_errors_of_a_full_disk_are_told_from_others() -> None:
    assert says_full(OSError(errno.ENOSPC, "no space"))
    assert says_full(OSError(errno.EDQUOT, "quota"))
    assert not says_full(OSError(errno.EIO, "broken"))
    assert not says_full(sqlite3.OperationalError("something else"))
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.executescript("CREATE TABLE t(a); CREATE TABLE u(a);")
    assert says_full(caught.value)
