"""The pipeline as a service: exactly once, whatever fails when."""

import threading

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.cleaning.model import PART, Published, Rule
from headwater.errors import LogFullError
from headwater.kit.clock import FakeClock
from headwater.ports import Entry, Outcome, Owner, Record, Retention, Stream
from headwater.settings import Settings
from headwater.workers.pipeline import CONSUMER, Paced, run
from headwater.workspaces.model import Configuration
from headwater.workspaces.snapshot import publish
from tests.workers.conftest import CONFIGURATION, NOW, Bench

DAY = 86_400_000_000


def test_collected_events_become_accepted_ones(bench, drain):
    bench.collect(["m1", "m2"])
    assert drain(bench.worker()) == 2
    assert bench.accepted() == ["m1", "m2"]


def test_nothing_collected_is_nothing_done(bench):
    assert bench.worker().run_once() == 0
    assert bench.log.read(Stream.ACCEPTED, {}, max_bytes=1) == []


def test_a_repeated_event_passes_once(bench, drain):
    worker = bench.worker()
    bench.collect(["m1", "m1"])
    drain(worker)
    bench.collect(["m1", "m2"])
    drain(worker)
    assert bench.accepted() == ["m1", "m2"]


def test_a_restart_goes_on_where_the_log_says(bench, drain):
    bench.collect(["m1"])
    drain(bench.worker())
    bench.collect(["m1", "m2"])
    drain(bench.worker())
    assert bench.accepted() == ["m1", "m2"]


def test_an_append_that_failed_is_done_anew_and_loses_nothing(bench, drain):
    failing = FailingLog(bench.log, before=True)
    worker = bench.worker(failing)
    bench.collect(["m1", "m2"])
    with pytest.raises(LogFullError):
        worker.run_once()
    drain(worker)
    assert bench.accepted() == ["m1", "m2"]


def test_an_append_that_was_done_and_then_failed_doubles_nothing(bench, drain):
    failing = FailingLog(bench.log, before=False)
    worker = bench.worker(failing)
    bench.collect(["m1", "m2"])
    with pytest.raises(LogFullError):
        worker.run_once()
    bench.collect(["m2", "m3"])
    drain(worker)
    assert bench.accepted() == ["m1", "m2", "m3"]


def test_ids_are_spilled_and_their_marks_forgotten(bench, drain):
    worker = bench.worker(spill_at=3)
    for number in range(5):
        bench.collect([f"m{number}", f"n{number}"])
        worker.run_once()
    drain(worker)
    assert len(list((bench.folder / "seen").glob("*.seen"))) == 2
    restarted = bench.worker(spill_at=3)
    for number in range(5):
        bench.collect([f"n{number}", f"m{number}"])
    drain(restarted)
    assert len(bench.accepted()) == 10


def test_a_crash_between_spilling_and_forgetting_does_no_harm(bench, drain):
    crashing = CrashingLog(bench.log)
    worker = bench.worker(crashing, spill_at=1)
    bench.collect(["m1"])
    worker.run_once()
    bench.collect(["m1", "m2"])
    with pytest.raises(KeyboardInterrupt):
        worker.run_once()
    drain(bench.worker(spill_at=1))
    assert bench.accepted() == ["m1", "m2"]


def test_an_id_may_come_again_after_its_days(bench, drain):
    worker = bench.worker()
    bench.collect(["m1"])
    drain(worker)
    bench.collect(["m2"], received_at=NOW + 40 * DAY)
    drain(worker)
    bench.collect(["m1"], received_at=NOW + 41 * DAY)
    drain(worker)
    assert bench.accepted() == ["m1", "m2", "m1"]


def test_a_batch_is_bounded_by_events(bench):
    worker = bench.worker(batch_max_events=5)
    for start in range(4):
        bench.collect([f"{start}-{n}" for n in range(2)])
    assert [worker.run_once() for _ in range(3)] == [4, 4, 0]


def test_a_request_larger_than_the_bound_is_taken_alone(bench):
    worker = bench.worker(batch_max_events=2)
    bench.collect(["a", "b", "c"])
    bench.collect(["d"])
    assert [worker.run_once() for _ in range(3)] == [3, 1, 0]


def test_requests_of_several_collectors_are_each_read_once(bench, drain):
    other = bench.log.writer(Owner.COLLECTOR, "other")
    worker = bench.worker(batch_max_events=2)
    for number in range(5):
        bench.collect([f"m{number}"])
        bench.collect([f"n{number}", f"o{number}"], collector=other)
        worker.run_once()
    drain(bench.worker(batch_max_events=3))
    other.close()
    assert sorted(bench.accepted()) == sorted(f"{c}{n}" for c in "mno" for n in range(5))


def test_after_a_small_batch_there_is_a_pause_in_which_more_gathers(bench):
    paced = Paced(bench.worker(), enough=2)
    bench.collect(["a"])
    assert paced.run_once() == 0
    bench.collect(["b", "c"])
    assert paced.run_once() == 2
    assert bench.accepted() == ["a", "b", "c"]


def test_without_a_configuration_nothing_is_read(bench, drain):
    bench.configuration = None
    bench.collect(["m1"])
    worker = bench.worker()
    assert worker.run_once() == 0
    bench.configuration = CONFIGURATION
    assert drain(worker) == 1


def test_a_poisonous_record_does_not_stop_the_others(bench, drain):
    poison = Record("s1", NOW, 2, b"\x1f\x8b\x00", b"{}")
    bench.collector.append(Entry(records={Stream.COLLECTED: [poison]}))
    bench.collect(["m1"])
    assert drain(bench.worker()) == 3
    assert bench.accepted() == ["m1"]
    assert bench.quarantined() == ["malformed_json"] * 2


def test_the_collectors_records_may_go_once_they_were_read(bench, drain):
    bench.collect(["m1"])
    bench.collect(["m2"])
    worker = bench.worker(batch_max_events=1)
    worker.run_once()
    assert bench.log.acknowledged(CONSUMER, Stream.COLLECTED) == {"0": 1}
    bench.log.retain(Retention(0, 1), now=NOW + DAY)
    drain(worker)
    assert bench.accepted() == ["m1", "m2"]


def test_the_tallies_say_what_became_of_each_event(bench, drain):
    bench.collect(["m1", "m1", "x" * 101])
    drain(bench.worker())
    tallies = bench.log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, {}).tallies
    assert {(t.outcome, t.reason): t.count for t in tallies} == {
        (Outcome.PASSED, ""): 1,
        (Outcome.DUPLICATE, ""): 1,
        (Outcome.QUARANTINED, "message_id_invalid"): 1,
    }


def test_a_stop_finishes_what_was_collected(bench, tmp_path):
    publish(tmp_path, CONFIGURATION)
    bench.collect(["m1", "m2"])
    stop = threading.Event()
    stop.set()
    run(Settings(data_dir=tmp_path), bench.log, FakeClock(NOW), stop)
    assert bench.accepted() == ["m1", "m2"]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5),
            st.sampled_from(["run", "restart", "lose append", "keep append", "none"]),
        ),
        max_size=10,
    )
)
@settings(max_examples=40, deadline=None)
def test_each_event_is_accepted_exactly_once_whatever_fails(tmp_path_factory, history):
    bench = Bench(tmp_path_factory.mktemp("bench"))
    worker = bench.worker(spill_at=3)
    sent: set[str] = set()
    for message_ids, what in history:
        bench.collect(message_ids)
        sent.update(message_ids)
        if what in ("lose append", "keep append"):
            failing = FailingLog(bench.log, before=what == "lose append")
            worker = bench.worker(failing, spill_at=3)
            with pytest.raises(LogFullError):
                worker.run_once()
        elif what == "restart":
            worker = bench.worker(spill_at=3)
        elif what == "run":
            worker.run_once()
    while worker.run_once():
        pass
    assert sorted(bench.accepted()) == sorted(sent)


class FailingLog:
    """A log whose first append by a worker fails, before or after it was done."""

    def __init__(self, log, *, before: bool) -> None:
        self._log = log
        self._before = before

    def __getattr__(self, name: str):
        return getattr(self._log, name)

    def writer(self, owner, partition="0"):
        return FailingWriter(self._log.writer(owner, partition), self._before)


class FailingWriter:
    def __init__(self, writer, before: bool) -> None:
        self._writer = writer
        self._before = before
        self._failed = False

    def __getattr__(self, name: str):
        return getattr(self._writer, name)

    def append(self, entry):
        if self._failed:
            return self._writer.append(entry)
        self._failed = True
        if not self._before:
            self._writer.append(entry)
        raise LogFullError("The disk is full.")


class CrashingLog(FailingLog):
    """A log whose writer is killed when it is to forget its marks."""

    def __init__(self, log) -> None:
        super().__init__(log, before=False)

    def writer(self, owner, partition="0"):
        return CrashingWriter(self._log.writer(owner, partition))


class CrashingWriter:
    def __init__(self, writer) -> None:
        self._writer = writer

    def __getattr__(self, name: str):
        return getattr(self._writer, name)

    def forget_marks(self, up_to):
        raise KeyboardInterrupt


def test_what_a_rule_remembers_survives_a_restart_and_a_failed_append(bench, drain):
    repeats = Rule("r", "No repeats", "drop_repeats", {"seconds": 60})
    part = msgspec.Raw(msgspec.json.encode(Published({"w1": (repeats,)})))
    bench.configuration = msgspec.structs.replace(CONFIGURATION, parts={PART: part})
    bench.collect(["m1"])
    drain(bench.worker())
    bench.collect(["m2"])
    drain(bench.worker())
    assert bench.accepted() == ["m1"]

    failing = FailingLog(bench.log, before=True)
    worker = bench.worker(failing)
    bench.collect(["m3"], received_at=NOW + 3_600_000_000)
    with pytest.raises(LogFullError):
        worker.run_once()
    bench.collect(["m4"], received_at=NOW + 3_600_000_000)
    drain(worker)
    assert bench.accepted() == ["m1", "m3"]


def test_a_configuration_that_says_the_same_forgets_nothing(bench, drain):
    repeats = Rule("r", "No repeats", "drop_repeats", {"seconds": 60})
    part = msgspec.Raw(msgspec.json.encode(Published({"w1": (repeats,)})))
    worker = bench.worker()
    for version, message_id in enumerate(["m1", "m2", "m3"], 1):
        bench.configuration = Configuration(version, (), CONFIGURATION.sources, {PART: part})
        bench.collect([message_id])
        drain(worker)
    assert bench.accepted() == ["m1"]
