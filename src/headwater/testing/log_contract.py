"""What every log promises. Subclass LogContract and give it a fixture `log`.

`log` is an empty log that knows the consumer "reader" of COLLECTED. `reopened` returns the same
log as another process would see it, its writers closed.
"""

from collections.abc import Callable, Sequence

import pytest

from headwater.errors import LogError
from headwater.kit.clock import MICROSECONDS_PER_HOUR
from headwater.ports import (
    Entry,
    Log,
    Outcome,
    Owner,
    Record,
    Retention,
    Stored,
    Stream,
    Tally,
)

NOON = 1_700_000_000_000_000 // MICROSECONDS_PER_HOUR * MICROSECONDS_PER_HOUR
HOUR = NOON // MICROSECONDS_PER_HOUR
EVERYTHING = 1_000_000_000


def record(number: int, *, source: str = "a", received_at: int = NOON, count: int = 1) -> Record:
    """A record whose body tells it apart."""
    return Record(source, received_at, count, b"body %d" % number, b"meta")


def tally(count: int, outcome: Outcome = Outcome.ACCEPTED, *, source: str = "a") -> Tally:
    return Tally(source, HOUR, outcome, "", count)


def collected(*records: Record, tallies: Sequence[Tally] = ()) -> Entry:
    return Entry({Stream.COLLECTED: records}, tallies)


def bodies(found: Sequence[Stored]) -> list[bytes]:
    return [stored.record.body for stored in found]


class LogContract:
    """The promises of headwater.ports.Log, one test each."""

    @pytest.fixture
    def log(self) -> Log:
        raise NotImplementedError

    @pytest.fixture
    def reopened(self) -> Callable[[Log], Log]:
        raise NotImplementedError

    def test_an_empty_log_reads_as_empty(self, log: Log) -> None:
        assert log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING) == []

    def test_records_come_back_in_order_with_rising_positions(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)

        assert writer.append(collected(record(1), record(2))) == {Stream.COLLECTED: 2}
        assert writer.append(collected(record(3))) == {Stream.COLLECTED: 3}

        found = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
        assert [stored.position for stored in found] == [1, 2, 3]
        assert [stored.record for stored in found] == [record(1), record(2), record(3)]

    def test_reading_goes_on_after_the_given_position(self, log: Log) -> None:
        log.writer(Owner.COLLECTOR).append(collected(record(1), record(2), record(3)))

        found = log.read(Stream.COLLECTED, {"0": 2}, max_bytes=EVERYTHING)

        assert bodies(found) == [b"body 3"]

    def test_the_end_of_a_stream_is_where_new_records_come_after(self, log: Log) -> None:
        assert log.ends(Stream.COLLECTED) == {}
        log.writer(Owner.COLLECTOR).append(collected(record(1), record(2)))
        second = log.writer(Owner.COLLECTOR, "1")

        assert log.ends(Stream.COLLECTED) == {"0": 2, "1": 0}

        ends = log.ends(Stream.COLLECTED)
        second.append(collected(record(3)))
        assert bodies(log.read(Stream.COLLECTED, ends, max_bytes=EVERYTHING)) == [b"body 3"]

    def test_bounds_are_kept_but_one_record_always_comes(self, log: Log) -> None:
        log.writer(Owner.COLLECTOR).append(collected(record(1), record(2), record(3)))

        assert bodies(log.read(Stream.COLLECTED, {}, max_bytes=1)) == [b"body 1"]
        two = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING, max_records=2)
        assert bodies(two) == [b"body 1", b"body 2"]

    def test_partitions_are_read_together_and_positioned_apart(self, log: Log) -> None:
        log.writer(Owner.COLLECTOR, "0").append(collected(record(1)))
        log.writer(Owner.COLLECTOR, "1").append(collected(record(2), record(3)))

        found = log.read(Stream.COLLECTED, {"1": 1}, max_bytes=EVERYTHING)

        assert {(s.partition, s.position) for s in found} == {("0", 1), ("1", 2)}

    def test_bounds_hold_over_all_partitions(self, log: Log) -> None:
        log.writer(Owner.COLLECTOR, "0").append(collected(record(1), record(2)))
        log.writer(Owner.COLLECTOR, "1").append(collected(record(3), record(4)))

        assert len(log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING, max_records=1)) == 1
        assert len(log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING, max_records=3)) == 3
        assert len(log.read(Stream.COLLECTED, {}, max_bytes=1)) == 1

    def test_a_busy_partition_does_not_keep_the_others_waiting(self, log: Log) -> None:
        busy, quiet = log.writer(Owner.COLLECTOR, "0"), log.writer(Owner.COLLECTOR, "1")
        quiet.append(collected(record(0)))
        after: dict[str, int] = {}
        for number in range(1, 6):
            busy.append(collected(record(number), record(number)))
            for stored in log.read(Stream.COLLECTED, after, max_bytes=EVERYTHING, max_records=1):
                after[stored.partition] = stored.position

        assert after["1"] == 1

    def test_a_closed_writer_appends_nothing(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        writer.close()

        with pytest.raises(LogError):
            writer.append(collected(record(1)))

        assert log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING) == []

    def test_a_partition_has_one_writer_at_a_time(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        with pytest.raises(LogError):
            log.writer(Owner.COLLECTOR)

        writer.close()

        log.writer(Owner.COLLECTOR).append(collected(record(1)))

    def test_streams_of_an_owner_are_counted_apart(self, log: Log) -> None:
        writer = log.writer(Owner.PIPELINE)
        writer.append(Entry({Stream.ACCEPTED: [record(1)], Stream.QUARANTINED: [record(2)]}))

        last = writer.append(Entry({Stream.ACCEPTED: [record(3)]}))

        assert last == {Stream.ACCEPTED: 2}
        assert bodies(log.read(Stream.QUARANTINED, {}, max_bytes=EVERYTHING)) == [b"body 2"]

    def test_what_was_written_is_there_for_the_next_process(
        self, log: Log, reopened: Callable[[Log], Log]
    ) -> None:
        writer = log.writer(Owner.PIPELINE)
        writer.append(
            Entry(
                {Stream.ACCEPTED: [record(1)]},
                [tally(1, Outcome.PASSED)],
                {Stream.COLLECTED: {"0": 7}},
                b"ids",
            )
        )
        writer.close()

        again = reopened(log).writer(Owner.PIPELINE)

        assert again.consumed(Stream.COLLECTED) == {"0": 7}
        assert list(again.marks()) == [(1, b"ids")]
        assert again.tallies() == [tally(1, Outcome.PASSED)]
        assert again.append(Entry({Stream.ACCEPTED: [record(2)]})) == {Stream.ACCEPTED: 2}

    def test_an_entry_without_records_moves_positions_and_tallies(self, log: Log) -> None:
        writer = log.writer(Owner.PIPELINE)

        writer.append(Entry({}, [tally(2, Outcome.DUPLICATE)], {Stream.COLLECTED: {"0": 4}}))

        assert writer.consumed(Stream.COLLECTED) == {"0": 4}
        assert writer.tallies() == [tally(2, Outcome.DUPLICATE)]

    def test_marks_are_kept_until_forgotten(self, log: Log) -> None:
        writer = log.writer(Owner.PIPELINE)
        for mark in (b"one", b"two", b"three"):
            writer.append(Entry({}, marks=mark))

        writer.forget_marks(2)

        assert list(writer.marks()) == [(3, b"three")]
        writer.append(Entry({}, marks=b"four"))
        assert list(writer.marks()) == [(3, b"three"), (4, b"four")]

    def test_a_snapshot_counts_what_waits_by_source_and_hour(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        later = record(4, received_at=NOON + MICROSECONDS_PER_HOUR, count=5)
        entry = collected(
            record(1), record(2, count=3), record(3, source="b"), later, tallies=[tally(4)]
        )
        writer.append(entry)

        snapshot = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {"0": 1})

        assert snapshot.tallies == [tally(4)]
        assert snapshot.waiting == [
            tally(3),
            Tally("a", HOUR + 1, Outcome.ACCEPTED, "", 5),
            tally(1, source="b"),
        ]

    def test_an_acknowledgement_never_moves_back(self, log: Log) -> None:
        log.acknowledge("reader", Stream.COLLECTED, {"0": 5})
        log.acknowledge("reader", Stream.COLLECTED, {"0": 3})

        assert log.acknowledged("reader", Stream.COLLECTED) == {"0": 5}

    def test_retention_keeps_what_a_consumer_has_not_read(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        for number in range(1, 31):
            writer.append(collected(record(number), tallies=[tally(1)]))
        at_once = Retention(max_age_seconds=0.001, max_bytes=1)
        much_later = NOON + 24 * MICROSECONDS_PER_HOUR

        log.retain(at_once, now=much_later)
        assert len(log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)) == 30

        log.acknowledge("reader", Stream.COLLECTED, {"0": 10})
        log.retain(at_once, now=much_later)
        assert len(log.read(Stream.COLLECTED, {"0": 10}, max_bytes=EVERYTHING)) == 20

    def test_removed_records_stay_counted(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        for number in range(1, 31):
            writer.append(collected(record(number), tallies=[tally(1)]))
        log.acknowledge("reader", Stream.COLLECTED, {"0": 30})

        freed = log.retain(Retention(0.001, 1), now=NOON + 24 * MICROSECONDS_PER_HOUR)

        assert freed > 0
        assert writer.tallies() == [tally(30)]
        assert log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {"0": 30}).tallies == [tally(30)]
        assert writer.append(collected(record(31))) == {Stream.COLLECTED: 31}
        assert bodies(log.read(Stream.COLLECTED, {"0": 30}, max_bytes=EVERYTHING)) == [b"body 31"]

    def test_retention_keeps_what_is_within_age_and_size(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        for number in range(1, 31):
            writer.append(collected(record(number)))
        log.acknowledge("reader", Stream.COLLECTED, {"0": 30})

        log.retain(Retention(3600, EVERYTHING), now=NOON + 1_000_000)

        assert len(log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)) == 30

    def test_every_consumer_that_ever_acknowledged_holds_back_retention(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        for number in range(1, 31):
            writer.append(collected(record(number)))
        log.acknowledge("reader", Stream.COLLECTED, {"0": 30})
        log.acknowledge("another", Stream.COLLECTED, {"0": 10})

        log.retain(Retention(0.001, 1), now=NOON + 24 * MICROSECONDS_PER_HOUR)

        assert len(log.read(Stream.COLLECTED, {"0": 10}, max_bytes=EVERYTHING)) == 20

    def test_a_consumer_that_reads_no_more_holds_back_nothing(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        for number in range(1, 31):
            writer.append(collected(record(number)))
        log.acknowledge("reader", Stream.COLLECTED, {"0": 30})
        log.acknowledge("another", Stream.COLLECTED, {"0": 10})

        log.dismiss("another")
        log.retain(Retention(0.001, 1), now=NOON + 24 * MICROSECONDS_PER_HOUR)

        assert log.acknowledged("another", Stream.COLLECTED) == {}
        assert len(log.read(Stream.COLLECTED, {"0": 10}, max_bytes=EVERYTHING)) < 20

    def test_what_is_over_the_size_goes_however_young(self, log: Log) -> None:
        writer = log.writer(Owner.COLLECTOR)
        for number in range(1, 31):
            writer.append(collected(record(number)))
        log.acknowledge("reader", Stream.COLLECTED, {"0": 30})
        before = log.size()

        assert log.retain(Retention(3600, before // 10), now=NOON) > 0

        assert log.size() < before
        [*_, last] = log.read(Stream.COLLECTED, {}, max_bytes=EVERYTHING)
        assert last.position == 30

    def test_a_stream_whose_records_are_gone_reads_as_empty_from_its_start(self, log: Log) -> None:
        writer = log.writer(Owner.PIPELINE)
        writer.append(Entry({Stream.QUARANTINED: [record(1)]}))
        for number in range(2, 6):
            writer.append(Entry({Stream.ACCEPTED: [record(number)]}))
        log.acknowledge("reader", Stream.QUARANTINED, {"0": 1})
        log.acknowledge("reader", Stream.ACCEPTED, {"0": 2})

        log.retain(Retention(0.001, 1), now=NOON + 24 * MICROSECONDS_PER_HOUR)

        assert log.read(Stream.QUARANTINED, {}, max_bytes=EVERYTHING) == []
        [*_, last] = log.read(Stream.ACCEPTED, {}, max_bytes=EVERYTHING)
        assert last.position == 4
