"""The SQLite log keeps the promises of every log, and those of a file on a real disk."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import LogError, LogFullError
from headwater.logs.sqlite import SqliteLog, base, segment
from headwater.logs.sqlite.disk import Watermark
from headwater.ports import (
    Entry,
    Log,
    Outcome,
    Owner,
    Record,
    Retention,
    Stream,
    Tally,
    add_tallies,
)
from headwater.testing.log_contract import (
    EVERYTHING,
    HOUR,
    NOON,
    LogContract,
    collected,
    record,
    tally,
)

TINY_SEGMENT = 100_000
AT_ONCE = Retention(max_age_seconds=0.001, max_bytes=1)
MUCH_LATER = NOON + 10**12


def opened(folder: Path, segment_bytes: int = TINY_SEGMENT) -> SqliteLog:
    return SqliteLog(folder, segment_bytes=segment_bytes, consumers={Stream.COLLECTED: ["reader"]})


class TestSqliteLog(LogContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[Log]:
        log = SqliteLog(tmp_path, segment_bytes=1, consumers={Stream.COLLECTED: ["reader"]})
        yield log
        log.close()

    @pytest.fixture
    def reopened(self, tmp_path: Path) -> Callable[[Log], Log]:
        return lambda log: SqliteLog(tmp_path)


def test_positions_run_on_over_many_segments(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    body = b"x" * 5000
    for _ in range(100):
        writer.append(collected(*[_with_body(body)] * 3))

    found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)

    assert [stored.position for stored in found] == list(range(1, 301))
    assert len(segment.numbers_in(tmp_path / "collector" / "0")) > 5


def _with_body(body: bytes) -> Record:
    return Record("a", NOON, 1, body)


def test_a_partition_whose_first_segment_is_yet_to_come_reads_as_empty(tmp_path: Path) -> None:
    (tmp_path / "collector" / "0").mkdir(parents=True)
    log = opened(tmp_path)
    assert log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING) == []
    assert log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {}).tallies == []


def test_a_reader_follows_a_writer_over_rolls_and_removals(tmp_path: Path) -> None:
    writing, reading = opened(tmp_path), opened(tmp_path)
    writer = writing.writer(Owner.COLLECTOR)
    seen: list[int] = []
    for _ in range(60):
        writer.append(collected(_with_body(b"y" * 20_000)))
        found = reading.read(Stream.COLLECTED, {"0": len(seen)}, max_bytes=EVERYTHING)
        seen += [stored.position for stored in found]
        reading.acknowledge("reader", Stream.COLLECTED, {"0": len(seen)})
        writing.retain(AT_ONCE, now=MUCH_LATER)

    assert seen == list(range(1, 61))
    assert len(segment.numbers_in(tmp_path / "collector" / "0")) == 1


def test_a_segment_half_made_in_a_crash_is_made_again(tmp_path: Path) -> None:
    log = opened(tmp_path)
    writer = log.writer(Owner.COLLECTOR)
    writer.append(collected(record(1)))
    folder = tmp_path / "collector" / "0"
    (folder / "000000000002.new").write_bytes(b"half")
    writer.close()

    writer = opened(tmp_path, segment_bytes=1).writer(Owner.COLLECTOR)
    writer.append(collected(record(2)))
    writer.append(collected(record(3)))

    found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
    assert [stored.position for stored in found] == [1, 2, 3]


def test_a_crash_between_folding_and_removing_counts_once(tmp_path: Path) -> None:
    log = opened(tmp_path, segment_bytes=1)
    writer = log.writer(Owner.COLLECTOR)
    for number in range(3):
        writer.append(collected(record(number), tallies=[tally(1)]))
    folder = tmp_path / "collector" / "0"
    base.fold(folder, 1, [tally(1)])

    assert writer.tallies() == [tally(3)]
    assert log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {}).tallies == [tally(3)]

    log.acknowledge("reader", Stream.COLLECTED, {"0": 3})
    log.retain(AT_ONCE, now=MUCH_LATER)

    assert writer.tallies() == [tally(3)]
    assert 1 not in segment.numbers_in(folder)


def test_unforgotten_marks_hold_back_retention(tmp_path: Path) -> None:
    log = opened(tmp_path, segment_bytes=1)
    writer = log.writer(Owner.PIPELINE)
    for number in range(3):
        writer.append(Entry({Stream.ACCEPTED: [record(number)]}, marks=b"ids"))

    log.retain(AT_ONCE, now=MUCH_LATER)
    assert [number for number, _ in writer.marks()] == [1, 2, 3]

    writer.forget_marks(2)
    log.retain(AT_ONCE, now=MUCH_LATER)
    assert [number for number, _ in writer.marks()] == [3]


def test_another_process_cannot_write_the_same_partition(tmp_path: Path) -> None:
    held = opened(tmp_path).writer(Owner.COLLECTOR)
    with pytest.raises(LogError, match="Another process"):
        opened(tmp_path).writer(Owner.COLLECTOR)
    held.close()


def test_below_the_watermark_nothing_is_taken_and_above_it_all_is_again(tmp_path: Path) -> None:
    left = [10_000]
    watermark = Watermark(tmp_path, 5_000, free=lambda _: left[0])
    watermark.check()
    left[0] = 4_000
    fresh = Watermark(tmp_path, 5_000, free=lambda _: left[0])
    with pytest.raises(LogFullError, match=r"4,000 bytes left"):
        fresh.check()


_WRITER = """
import sys
from pathlib import Path
from headwater.logs.sqlite import SqliteLog
from headwater.testing.log_contract import collected, record, tally
from headwater.ports import Owner, Stream
log = SqliteLog(Path(sys.argv[1]), segment_bytes=200_000)
writer = log.writer(Owner.COLLECTOR)
while True:
    last = writer.append(collected(*[record(n) for n in range(20)], tallies=[tally(20)]))
    print(last[Stream.COLLECTED], flush=True)
"""


def test_what_was_appended_survives_kill_minus_nine(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged = 0
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(chance.randint(1, 120)):
                acknowledged = int(child.stdout.readline())
            os.kill(child.pid, signal.SIGKILL)
            rest = child.stdout.read().split()
            acknowledged = max(acknowledged, *(int(n) for n in rest[:-1]), 0)
        log = SqliteLog(tmp_path)
        found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING, max_records=10**9)
        assert [stored.position for stored in found] == list(range(1, len(found) + 1))
        assert len(found) >= acknowledged
        snapshot = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {})
        assert snapshot.tallies == [tally(len(found))]
        assert snapshot.waiting == [tally(len(found))]
        log.close()


_REMOVER = """
import sys
from pathlib import Path
from headwater.logs.sqlite import SqliteLog
from headwater.testing.log_contract import NOON, collected, record, tally
from headwater.ports import Owner, Retention, Stream
log = SqliteLog(Path(sys.argv[1]), segment_bytes=1, consumers={Stream.COLLECTED: ["reader"]})
writer = log.writer(Owner.COLLECTOR)
while True:
    last = writer.append(collected(record(1), tallies=[tally(1)]))[Stream.COLLECTED]
    log.acknowledge("reader", Stream.COLLECTED, {"0": max(0, last - 3)})
    log.retain(Retention(0.001, 1), now=NOON + 10**12)
    print(last, flush=True)
"""


def test_removal_counts_each_record_once_whenever_it_is_killed(tmp_path: Path) -> None:
    chance = random.Random(11)
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", _REMOVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(chance.randint(1, 30)):
                told = int(child.stdout.readline())
            os.kill(child.pid, signal.SIGKILL)
        log = opened(tmp_path)
        found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
        positions = [stored.position for stored in found]
        assert positions == list(range(positions[0], positions[-1] + 1))
        assert positions[-1] >= told
        snapshot = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {})
        assert snapshot.tallies == [tally(positions[-1])]
        log.close()


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 5)),
            st.tuples(st.just("read"), st.integers(1, 10)),
            st.tuples(st.just("retain"), st.just(0)),
            st.tuples(st.just("reopen"), st.just(0)),
        ),
        max_size=25,
    )
)
def test_nothing_appended_is_ever_uncounted(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Appended = read so far + waiting, and the tallies say so, whatever happens in between."""
    folder = tmp_path_factory.mktemp("log")
    log = opened(folder, segment_bytes=1)
    writer = log.writer(Owner.COLLECTOR)
    appended = read = 0
    for step, size in steps:
        if step == "append":
            writer.append(collected(*[record(n) for n in range(size)], tallies=[tally(size)]))
            appended += size
        elif step == "read":
            found = log.read(Stream.COLLECTED, {"0": read}, max_bytes=EVERYTHING, max_records=size)
            assert [s.position for s in found] == list(range(read + 1, read + len(found) + 1))
            read += len(found)
            log.acknowledge("reader", Stream.COLLECTED, {"0": read})
        elif step == "retain":
            log.retain(AT_ONCE, now=MUCH_LATER)
        else:
            writer.close()
            log.close()
            log = opened(folder, segment_bytes=1)
            writer = log.writer(Owner.COLLECTOR)
        snapshot = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {"0": read})
        assert sum(t.count for t in snapshot.tallies) == appended
        assert sum(t.count for t in snapshot.waiting) == appended - read
    writer.close()
    log.close()


@given(
    st.lists(
        st.builds(
            Tally,
            st.sampled_from("ab"),
            st.integers(HOUR, HOUR + 2),
            st.sampled_from(list(Outcome)),
            st.sampled_from(["", "why"]),
            st.integers(1, 9),
        )
    )
)
def test_adding_up_tallies_changes_no_sum(tallies: list[Tally]) -> None:
    added = add_tallies(tallies)
    assert sum(t.count for t in added) == sum(t.count for t in tallies)
    assert len({(t.source_id, t.hour, t.outcome, t.reason) for t in added}) == len(added)


def test_a_broken_segment_is_told_by_name(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.writer(Owner.COLLECTOR).close()
    path = segment.path_of(tmp_path / "collector" / "0", 1)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LogError, match="cannot be written"):
        opened(tmp_path).writer(Owner.COLLECTOR)
    with pytest.raises(LogError, match="cannot be read"):
        opened(tmp_path).read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
