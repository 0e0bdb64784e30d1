"""What `headwater doctor` sees in the log's files."""

import sqlite3
from pathlib import Path

import pytest

from headwater.logs.sqlite import SqliteLog, check
from headwater.ports import Entry, Owner, Record, Stream


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A log of thirty records in several segments."""
    log = SqliteLog(tmp_path, segment_bytes=120_000)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(30):
        record = Record("s", 1_700_000_000_000_000 + number, 1, b"x" * 20_000)
        writer.append(Entry({Stream.COLLECTED: [record]}))
    writer.close()
    log.close()
    assert len(check.segments(tmp_path)) > 1
    return tmp_path


def test_a_sound_log_has_no_problems(directory: Path) -> None:
    assert list(check.problems(directory)) == []


def test_a_log_that_is_not_there_has_no_problems(tmp_path: Path) -> None:
    assert list(check.problems(tmp_path / "none")) == []
    assert check.ends(tmp_path / "none") == {}


def test_the_ends_are_the_last_positions(directory: Path) -> None:
    assert check.ends(directory) == {(Stream.COLLECTED, "0"): 30, (Stream.RECEIVED, "0"): 0}


def test_removed_segments_leave_no_problem(directory: Path) -> None:
    first = check.segments(directory)[0]
    for path in first.parent.glob(f"{first.name}*"):
        path.unlink()
    assert list(check.problems(directory)) == []


def test_a_missing_record_is_a_problem(directory: Path) -> None:
    connection = sqlite3.connect(check.segments(directory)[1])
    connection.execute("DELETE FROM records_collected WHERE position % 2 = 0")
    connection.commit()
    connection.close()
    assert any("collected" in text for text in check.problems(directory))


def test_a_missing_segment_between_others_is_a_problem(directory: Path) -> None:
    path = check.segments(directory)[1]
    path.unlink()
    (text,) = check.problems(directory)
    assert "begins after position" in text


def test_a_damaged_file_is_a_problem(directory: Path) -> None:
    path = check.segments(directory)[0]
    path.write_bytes(b"\xff" * 100_000)
    texts = list(check.problems(directory))
    assert any(str(path) in text for text in texts)
