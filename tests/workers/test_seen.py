"""What was seen is remembered exactly, over spills, merges, crashes and restarts."""

import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from headwater.errors import SeenIdsError
from headwater.pipeline.dedupe import Marks, columns, ordered
from headwater.workers import runs
from headwater.workers.seen import SeenIds

DAY = 86_400_000_000
DAYS = 30.0


def digest(number: int) -> bytes:
    """Ids whose upper halves collide in threes."""
    return struct.pack(">QQ", (number // 3) * 0x9E3779B97F4A7C15 % 2**64, number)


def opened(folder: Path, spill_at: int = 4) -> SeenIds:
    return SeenIds(folder, days=DAYS, spill_at=spill_at)


def remember(seen: SeenIds, numbers, at: int = DAY) -> None:
    seen.remember(Marks([digest(n) for n in numbers], at, at))


def test_of_repetitions_in_a_batch_the_first_is_new(tmp_path):
    seen = opened(tmp_path)
    assert seen.fresh([digest(1), digest(2), digest(1)]) == [True, True, False]


def test_asking_alone_remembers_nothing(tmp_path):
    seen = opened(tmp_path)
    assert seen.fresh([digest(1)]) == seen.fresh([digest(1)]) == [True]


def test_remembered_ids_are_not_new_in_memory_nor_on_disk(tmp_path):
    seen = opened(tmp_path)
    remember(seen, [1, 2])
    assert seen.fresh([digest(1), digest(3)]) == [False, True]
    seen.spill()
    assert seen.fresh([digest(1), digest(3)]) == [False, True]


def test_ids_that_share_half_their_hash_are_told_apart(tmp_path):
    seen = opened(tmp_path)
    remember(seen, [0, 2])
    seen.spill()
    assert seen.fresh([digest(n) for n in (0, 1, 2)]) == [False, True, False]


def test_spilled_ids_are_there_after_a_restart(tmp_path):
    seen = opened(tmp_path)
    remember(seen, [1, 2, 3])
    seen.spill()
    again = opened(tmp_path)
    assert len(again) == 3
    assert again.fresh([digest(n) for n in (1, 2, 3, 4)]) == [False, False, False, True]


def test_ids_in_a_run_and_in_the_marks_are_there_once_after_a_merge(tmp_path):
    seen = opened(tmp_path)
    for _ in range(4):  # as after a crash between spilling and forgetting the marks
        remember(seen, [1, 2])
        seen.spill()
    while seen.tidy(DAY):
        pass
    assert len(seen) == 2
    assert seen.fresh([digest(1), digest(9)]) == [False, True]


def test_few_runs_stay_however_many_were_spilled(tmp_path):
    seen = opened(tmp_path)
    for start in range(0, 400, 4):
        remember(seen, range(start, start + 4))
        seen.spill()
        while seen.tidy(DAY):
            pass
    assert len(list(tmp_path.iterdir())) <= 12
    assert seen.fresh([digest(n) for n in range(400)]) == [False] * 400
    assert len(opened(tmp_path)) == 400


def test_spilling_and_asking_go_on_during_a_merge(tmp_path):
    seen = opened(tmp_path)
    for number in range(4):
        remember(seen, [number])
        seen.spill()
    assert seen.tidy(DAY)
    remember(seen, [7])
    seen.spill()
    assert seen.fresh([digest(n) for n in (0, 3, 7, 8)]) == [False, False, False, True]
    while seen.tidy(DAY):
        pass
    assert seen.fresh([digest(n) for n in (0, 3, 7, 8)]) == [False, False, False, True]


def test_what_a_crash_left_of_a_merge_is_cleared_away(tmp_path):
    seen = opened(tmp_path)
    for number in range(4):
        remember(seen, [number])
        seen.spill()
    seen.tidy(DAY)  # begins the merge, and is left there
    before = {path.name for path in tmp_path.iterdir()}
    assert any(name.endswith(runs.PARTIAL) for name in before)
    again = opened(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {runs.SUFFIX}
    assert len(again) == 4


def test_runs_that_were_merged_and_not_yet_removed_are_cleared_away(tmp_path):
    made = [
        runs.write_run(tmp_path, number, ordered(columns([digest(number)])), (DAY, DAY))
        for number in (1, 2)
    ]
    for _ in runs.merge_runs(made):
        pass
    assert len(list(tmp_path.iterdir())) == 3
    assert len(opened(tmp_path)) == 2
    assert len(list(tmp_path.iterdir())) == 1


def test_ids_are_kept_for_their_days_and_forgotten_soon_after(tmp_path):
    seen = opened(tmp_path)
    remember(seen, [1], at=100 * DAY)
    seen.spill()
    seen.tidy(130 * DAY)
    assert seen.fresh([digest(1)]) == [False]
    seen.tidy(130 * DAY + 1)
    assert seen.fresh([digest(1)]) == [True]
    assert list(tmp_path.iterdir()) == []


def test_recent_ids_are_spilled_before_another_period_begins(tmp_path):
    seen = opened(tmp_path, spill_at=1000)
    remember(seen, [1], at=0)
    assert not seen.is_full(DAY)
    assert seen.is_full(4 * DAY)


def test_the_runs_of_a_period_that_is_over_become_one(tmp_path):
    seen = opened(tmp_path, spill_at=1000)
    for day in range(30):
        if seen.is_full(day * DAY):
            seen.spill()
        remember(seen, [day], at=day * DAY)
        while seen.tidy(day * DAY):
            pass
    assert len(list(tmp_path.iterdir())) <= 11
    assert seen.fresh([digest(day) for day in range(31)]) == [False] * 30 + [True]


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b"x" + b[1:], lambda b: b""])
def test_a_damaged_run_is_named(tmp_path, spoil):
    run = runs.write_run(tmp_path, 1, ordered(columns([digest(1)])), (DAY, DAY))
    run.path.write_bytes(spoil(run.path.read_bytes()))
    with pytest.raises(SeenIdsError, match=run.path.name):
        opened(tmp_path)


@given(st.lists(st.sets(st.integers(0, 2**128 - 1), max_size=50), min_size=1, max_size=5))
@settings(max_examples=30)
def test_a_merge_holds_the_ids_of_all_its_runs_once_and_in_order(groups):
    with tempfile.TemporaryDirectory() as folder:
        made = [
            runs.write_run(
                Path(folder),
                number,
                ordered(columns([value.to_bytes(16, "big") for value in group])),
                (number, number + 5),
            )
            for number, group in enumerate(groups, 1)
        ]
        *_, merged = runs.merge_runs(made)
        words = zip(merged.ids.upper.tolist(), merged.ids.lower.tolist(), strict=True)
        assert [upper << 64 | lower for upper, lower in words] == sorted(set().union(*groups))
        assert (merged.first, merged.last) == (1, len(groups))
        assert (merged.oldest, merged.newest) == (1, len(groups) + 5)


def test_a_merge_of_many_slices_is_in_order(tmp_path, monkeypatch):
    random = np.random.default_rng(1)
    made = []
    for number in (1, 2):
        hashed = [random.bytes(16) for _ in range(150_000)]
        made.append(runs.write_run(tmp_path, number, ordered(columns(hashed)), (0, 0)))
    steps = list(runs.merge_runs(made))
    assert len(steps) > 2
    merged = steps[-1].ids
    assert len(merged) == 300_000
    assert bool((merged.upper[1:] >= merged.upper[:-1]).all())


class Remembering(RuleBasedStateMachine):
    """SeenIds beside a plain dict, under batches, spills, merges, crashes and the passing of days.

    `marks` stands for the log: what was committed and not yet forgotten there.
    """

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.seen = opened(Path(self.folder.name))
        self.marks: list[Marks] = []
        self.first_seen: dict[bytes, int] = {}
        self.now = 100 * DAY

    @rule(numbers=st.lists(st.integers(0, 60), max_size=12), commits=st.booleans())
    def batch(self, numbers: list[int], commits: bool) -> None:
        asked = [digest(number) for number in numbers]
        answers = self.seen.fresh(asked)
        here: set[bytes] = set()
        for each, is_new in zip(asked, answers, strict=True):
            at = self.first_seen.get(each)
            if each in here or (at is not None and at >= self.now - DAYS * DAY):
                assert not is_new
            elif at is None or at < self.now - 1.1 * DAYS * DAY - DAY:
                assert is_new
            here.add(each)
        new = [each for each, is_new in zip(asked, answers, strict=True) if is_new]
        self.spill_when_full(forgets=commits)
        if new and commits:
            marks = Marks(new, self.now, self.now)
            self.marks.append(marks)
            self.seen.remember(marks)
            self.first_seen |= dict.fromkeys(new, self.now)

    @rule(forgets=st.booleans())
    def spill_when_full(self, forgets: bool) -> None:
        if self.seen.is_full(self.now):
            self.seen.spill()
            if forgets:
                self.marks = []
            else:
                self.crash()

    @rule()
    def crash(self) -> None:
        self.seen = opened(Path(self.folder.name))
        for marks in self.marks:
            self.seen.remember(marks)

    @rule(steps=st.integers(1, 4))
    def tidy(self, steps: int) -> None:
        for _ in range(steps):
            self.seen.tidy(self.now)

    @rule(days=st.sampled_from([0.5, 2, 12]))
    def days_pass(self, days: float) -> None:
        self.now += round(days * DAY)
        self.spill_when_full(forgets=True)
        while self.seen.tidy(self.now):
            pass

    @invariant()
    def counts_no_less_than_it_must(self) -> None:
        if hasattr(self, "seen"):
            held = sum(at >= self.now - DAYS * DAY for at in self.first_seen.values())
            assert len(self.seen) >= held

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


Remembering.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestRemembering = Remembering.TestCase
