"""What functions did is kept, bounded, and read while it is written."""

from pathlib import Path

from headwater.functions import runs
from headwater.functions.runs import Logged, Recorder, Run

NOW = 1_700_000_000_000_000


def run(number: int, at: int = NOW, function_id: str = "f1") -> Run:
    lines = [Logged("log", f"line {number}")] if number % 2 else []
    return Run(at, function_id, "i1", "s1", 10, 5, 1, 1, 2.0 + number, lines)


def test_the_last_runs_of_each_function_are_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.note(run(0, function_id="other"))
    for number in range(runs.KEPT_RUNS + 200):
        recorder.note(run(number))
    recorder.close()
    found = runs.runs(tmp_path, "f1", count=10_000)
    assert found[0].milliseconds == 2.0 + runs.KEPT_RUNS + 199
    assert len(found) <= runs.KEPT_RUNS + 200
    assert len(runs.runs(tmp_path, "f1", count=3)) == 3
    assert len(runs.runs(tmp_path, "other")) == 1
    [span] = runs.spans(tmp_path, "f1", 0)
    assert (span.runs, span.events) == (runs.KEPT_RUNS + 200, 10 * (runs.KEPT_RUNS + 200))


def test_counts_are_summed_by_five_minutes_and_forgotten_after_weeks(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.note(run(1))
    recorder.note(run(2, NOW + runs.SPAN))
    assert [span.runs for span in runs.spans(tmp_path, "f1", 0)] == [1, 1]
    assert runs.totals(tmp_path, 0)["f1"].events == 20
    later = NOW + (runs.KEPT_DAYS + 1) * 86_400_000_000
    for number in range(200):
        recorder.note(run(number, later))
    recorder.close()
    assert [span.runs for span in runs.spans(tmp_path, "f1", 0)] == [200]


def test_without_a_file_or_with_a_broken_one_nothing_fails(tmp_path: Path) -> None:
    assert runs.runs(tmp_path, "f1") == []
    assert runs.spans(tmp_path, "f1", 0) == []
    assert runs.totals(tmp_path, 0) == {}
    recorder = Recorder(tmp_path / "not there")
    recorder.note(run(1))  # is not kept, and says so in the log alone
    recorder.close()
