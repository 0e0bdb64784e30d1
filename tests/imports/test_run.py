"""An import from file to acknowledgement, against a tracking server that remembers."""

import json
from collections import Counter
from pathlib import Path

import httpx
import msgspec
import pytest

from headwater.errors import ImportFileError, UnauthorizedError
from headwater.imports.batches import MAX_BYTES, MAX_EVENTS, Encoded, batches
from headwater.imports.model import FileRules
from headwater.imports.progress import load_state, state_path
from headwater.imports.run import Job, Progress, id_of, run_import
from headwater.imports.sending import wait_before_retry


@pytest.fixture
def job(tmp_path: Path) -> Job:
    path = tmp_path / "events.jsonl"
    lines = [json.dumps({"userId": f"u{n}", "event": "E"}) for n in range(2600)]
    lines[1000] = "broken"
    path.write_text("\n".join(lines))
    return Job(
        path=path,
        mapping=None,
        rules=FileRules(),
        source_id="source",
        write_key="key",
        data_dir=tmp_path / "data",
        rejected=tmp_path / "events.jsonl.rejected.jsonl",
    )


def no_pause(_seconds: float) -> None:
    return None


def test_an_import_sends_every_event_once_and_keeps_the_rejected_row(job, tracking):
    reports: list[Progress] = []
    result = run_import(job, tracking.client(), reports.append)
    assert result.acknowledged == len(tracking.events) == len(set(tracking.ids())) == 2599
    assert f"{id_of(job)}-1-0" in tracking.ids()
    assert [json.loads(line) for line in job.rejected.read_text().splitlines()] == [
        {
            "line": 1001,
            "reason": "this is no JSON object: JSON is malformed: invalid character (byte 0)",
            "row": "broken",
        }
    ]
    assert reports[-1].share_read == 1.0


def test_a_second_run_of_a_finished_import_sends_nothing(job, tracking):
    first = run_import(job, tracking.client())
    second = run_import(job, tracking.client())
    assert len(tracking.events) == 2599
    assert second.was_finished
    assert (second.account.rows, second.account.rejected) == (
        first.account.rows,
        first.account.rejected,
    )


class PowerCutError(Exception):
    """Ends a run as a kill would, without an answer to what was sent last."""


def test_a_resumed_import_sends_the_rest_with_the_same_messageids(job, tracking):
    def cut(progress: Progress) -> None:
        if progress.account.rows > 2000:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        run_import(job, tracking.client(), cut)
    before = load_state(state_path(job.data_dir, id_of(job)))
    assert before is not None
    assert not before.is_finished

    result = run_import(job, tracking.client())

    counts = Counter(tracking.ids())
    assert len(counts) == 2599
    assert result.resumed_after == before.acknowledged
    assert len(tracking.events) <= 2599 + 5 * MAX_EVENTS
    assert result.account.rows == 2600
    assert result.account.rejected == 1


def test_an_import_without_its_state_doubles_no_messageid(job, tracking):
    run_import(job, tracking.client())
    state_path(job.data_dir, id_of(job)).unlink()
    run_import(job, tracking.client())
    assert len(tracking.events) == 2 * 2599
    assert len(set(tracking.ids())) == 2599


def test_a_given_import_id_begins_the_messageids(job, tracking):
    run_import(msgspec.structs.replace(job, import_id="jan"), tracking.client())
    assert {"jan-1-0", "jan-2-0"} <= set(tracking.ids())


@pytest.mark.parametrize("import_id", ["x" * 65, "a\nb"])
def test_an_import_id_that_does_not_fit_a_messageid_is_refused(job, import_id):
    with pytest.raises(ImportFileError, match="import id"):
        id_of(msgspec.structs.replace(job, import_id=import_id))


def test_a_busy_or_broken_server_is_asked_again_until_it_takes_the_batch(job, tracking):
    tracking.answers = [
        httpx.Response(503, headers={"Retry-After": "2"}),
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(500),
    ]
    pauses: list[float] = []
    run_import(job, tracking.client(), pause=pauses.append)
    assert len(set(tracking.ids())) == len(tracking.events) == 2599
    assert {2.0, 7.0} <= set(pauses)
    assert len(pauses) == 5


def test_a_server_that_stays_away_ends_the_import_with_the_way_to_go_on(job, tracking):
    tracking.answers = [httpx.ConnectError("refused")] * 10_000
    with pytest.raises(ImportFileError, match="did not take a batch") as caught:
        run_import(job, tracking.client(), pause=no_pause)
    assert "goes on where this one stopped" in caught.value.hint


def test_an_unknown_write_key_and_a_refusal_end_the_import_at_once(job, tracking):
    tracking.answers = [httpx.Response(401, json={"message": "no such key"})] * 10
    with pytest.raises(UnauthorizedError, match="no such key"):
        run_import(job, tracking.client(), pause=no_pause)
    tracking.answers = [httpx.Response(400, text="<html>")] * 10
    with pytest.raises(ImportFileError, match="400"):
        run_import(job, tracking.client(), pause=no_pause)


def test_a_key_made_a_moment_ago_may_be_unknown_for_some_seconds(job, tracking):
    tracking.answers = [httpx.Response(401, json={"message": "no such key"})] * 4
    run_import(msgspec.structs.replace(job, is_new_source=True), tracking.client(), pause=no_pause)
    assert len(set(tracking.ids())) == len(tracking.events) == 2599


@pytest.mark.parametrize(
    ("attempt", "header", "seconds"),
    [
        (1, None, 0.1),
        (4, None, 0.8),
        (50, None, 10.0),
        (1, "3", 3.0),
        (1, "0", 0.1),
        (1, "9999", 300.0),
        (2, "Wed, 21 Oct 2026", 0.2),
    ],
)
def test_waiting_follows_retry_after_or_grows_to_a_bound(attempt, header, seconds):
    headers = {"Retry-After": header} if header else {}
    assert wait_before_retry(attempt, httpx.Response(503, headers=headers)) == seconds
    assert wait_before_retry(1, None) == 0.1


def test_batches_are_bounded_by_number_and_bytes_and_lose_no_event():
    events = [Encoded(n, b"x" * (100 if n < 1200 else 100_000)) for n in range(1300)]
    made = list(batches(events))
    assert max(batch.size for batch in made) == MAX_EVENTS
    assert max(len(batch.body) for batch in made) < MAX_BYTES + 1000
    assert sum(batch.size for batch in made) == 1300
    assert made[-1].last == 1300
    assert [b.last for b in batches(events, after=1299)] == [1300]
