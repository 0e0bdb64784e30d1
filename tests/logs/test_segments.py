"""Segments come and go under those who read them, and nothing is missed or counted twice."""

import threading
from pathlib import Path

import pytest

from headwater.errors import LogError
from headwater.logs.sqlite import SqliteLog, base, check, segment
from headwater.ports import OWNERS, Entry, Outcome, Owner, Record, Retention, Stream
from headwater.testing.log_contract import EVERYTHING, HOUR, NOON, collected, record, tally

AT_ONCE = Retention(max_age_seconds=0.001, max_bytes=1)
MUCH_LATER = NOON + 10**12
CONSUMERS = {Stream.COLLECTED: ["reader"], Stream.ACCEPTED: ["loader"]}


def opened(folder: Path, segment_bytes: int = 1) -> SqliteLog:
    """With one byte a segment, every append but the first makes a new one."""
    return SqliteLog(folder, segment_bytes=segment_bytes, consumers=CONSUMERS)


def test_a_snapshot_sums_up_right_while_segments_are_made_and_removed(tmp_path: Path) -> None:
    writing, reading = opened(tmp_path), opened(tmp_path)
    writer = writing.writer(Owner.COLLECTOR)
    begun, done = [0], [0]
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(1, 151):
                begun[0] = number
                writer.append(collected(record(number), tallies=[tally(1)]))
                done[0] = number
                writing.acknowledge("reader", Stream.COLLECTED, {"0": number})
                writing.retain(AT_ONCE, now=MUCH_LATER)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive():
        least = done[0]
        snapshot = reading.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {})
        most = begun[0]
        assert least <= sum(each.count for each in snapshot.tallies) <= most
        reading.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
    thread.join()
    assert not failures
    assert reading.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {}).tallies == [tally(150)]


def test_a_missing_segment_is_an_error_and_not_an_endless_search(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(4):
        writer.append(collected(record(number)))
    writer.close()
    log.close()
    segment.unlink(segment.path_of(tmp_path / "collector" / "0", 2))

    again = opened(tmp_path)

    for after in (0, 1):
        with pytest.raises(LogError, match="lacks the collected records from 2 to 2"):
            again.read(Stream.COLLECTED, {"0": after}, max_bytes=EVERYTHING)
    assert len(again.read(Stream.COLLECTED, {"0": 2}, max_bytes=EVERYTHING)) == 2


def test_a_finished_segment_keeps_no_write_ahead_log_though_it_is_read(tmp_path: Path) -> None:
    log = opened(tmp_path, segment_bytes=300_000)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(12):
        writer.append(collected(Record("a", NOON, 1, b"x" * 100_000)))
        log.read(Stream.COLLECTED, {"0": number}, max_bytes=EVERYTHING)
    writer.close()

    folder = tmp_path / "collector" / "0"
    *finished, _ = segment.numbers_in(folder)
    assert len(finished) > 1
    for number in finished:
        ahead = folder / f"{number:012d}.db-wal"
        assert not ahead.exists() or ahead.stat().st_size == 0
    log.close()


def test_a_roll_that_failed_after_making_its_segment_is_taken_up(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    writer.append(collected(record(1)))
    folder = tmp_path / "collector" / "0"
    segment.create(segment.path_of(folder, 2), Owner.COLLECTOR, {Stream.COLLECTED: 1}, (), 0)
    assert len(log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)) == 1

    writer.append(collected(record(2)))

    found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
    assert [stored.position for stored in found] == [1, 2]


def test_what_a_crash_left_of_a_removed_segment_goes_with_the_next_removal(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(4):
        writer.append(collected(record(number), tallies=[tally(1)]))
    folder = tmp_path / "collector" / "0"
    base.fold(folder, 1, [tally(1)])
    segment.path_of(folder, 1).unlink()
    leftover = folder / "000000000001.db-wal"
    leftover.write_bytes(b"left")

    assert log.retain(Retention(1e9, EVERYTHING), now=NOON) >= 4

    assert not leftover.exists()
    assert writer.tallies() == [tally(4)]


def test_the_size_is_that_of_all_partitions_and_the_oldest_goes_first(tmp_path: Path) -> None:
    log = opened(tmp_path)
    collector, pipeline = log.writer(Owner.COLLECTOR), log.writer(Owner.PIPELINE)
    for number in range(6):
        collector.append(collected(record(number, received_at=NOON + number)))
        pipeline.append(Entry({Stream.ACCEPTED: [record(number, received_at=NOON + 100)]}))
    log.acknowledge("reader", Stream.COLLECTED, {"0": 6})
    log.acknowledge("loader", Stream.ACCEPTED, {"0": 6})
    collector.close()
    pipeline.close()

    log.retain(Retention(1e9, log.size() - 1), now=NOON)

    assert segment.numbers_in(tmp_path / "collector" / "0")[0] == 2
    assert segment.numbers_in(tmp_path / "pipeline" / "0")[0] == 1

    log.retain(Retention(1e9, 1), now=NOON)

    for owner in Owner:
        assert len(segment.numbers_in(tmp_path / owner.value / "0")) == 1


def test_an_acknowledgement_torn_by_a_power_cut_holds_retention_back(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(4):
        writer.append(collected(record(number)))
    log.acknowledge("reader", Stream.COLLECTED, {"0": 4})
    (tmp_path / "acknowledged" / "reader.json").write_bytes(b'{"colle')

    assert opened(tmp_path).retain(AT_ONCE, now=MUCH_LATER) == 0

    assert len(log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)) == 4


def test_many_segments_are_summed_and_waited_for_as_one(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(20):
        writer.append(collected(record(number, count=2), tallies=[tally(2)]))
    reading = opened(tmp_path)
    for after in (0, 7, 20):
        snapshot = reading.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {"0": after})
        assert snapshot.tallies == [tally(40)]
        assert sum(each.count for each in snapshot.waiting) == 2 * (20 - after)
        assert all(each.outcome is Outcome.ACCEPTED for each in snapshot.waiting)
        assert all(each.hour == HOUR for each in snapshot.waiting)


def test_a_stream_that_is_newer_than_the_log_begins_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SqliteLog(tmp_path, segment_bytes=1)
    with monkeypatch.context() as before:
        before.delitem(OWNERS, Stream.RECEIVED)  # type: ignore[arg-type]
        writer = log.writer(Owner.COLLECTOR)
        for number in range(3):
            writer.append(Entry({Stream.COLLECTED: [record(number)]}))
        writer.close()
    assert log.ends(Stream.RECEIVED) == {"0": 0}
    assert log.read(Stream.RECEIVED, {}, max_bytes=1) == []

    writer = log.writer(Owner.COLLECTOR)
    writer.append(Entry({Stream.COLLECTED: [record(3)], Stream.RECEIVED: [record(7), record(8)]}))
    assert log.ends(Stream.RECEIVED) == {"0": 2}
    assert [each.record for each in log.read(Stream.RECEIVED, {}, max_bytes=9_999)] == [
        record(7),
        record(8),
    ]
    assert [each.position for each in log.read(Stream.RECEIVED, {"0": 1}, max_bytes=9_999)] == [2]
    assert len(log.read(Stream.COLLECTED, {}, max_bytes=9_999)) == 4
    assert list(check.problems(tmp_path)) == []
    assert check.ends(tmp_path)[Stream.RECEIVED, "0"] == 2
    log.acknowledge("anyone", Stream.COLLECTED, {"0": 4})
    log.acknowledge("anyone", Stream.RECEIVED, {"0": 2})
    assert log.retain(Retention(0, 0), now=9_999_999_999_999_999) > 0
    writer.close()
    log.close()
