"""Runs of connections: when they begin, how they end, and what is due then."""

import asyncio
from typing import Any

import msgspec
import pytest

from headwater.connections import changing
from headwater.connections.child import Ended
from headwater.connections.model import Backfill, Outcome
from headwater.connections.running import Connections
from headwater.errors import ConflictError, InvalidError, PullError
from headwater.kit.child import EndedError
from tests.connections.conftest import DONE, PULL, Stage

HOUR = 3_600_000_000


async def at_once(*_: Any) -> Ended:
    return DONE


def test_a_new_connection_runs_at_once_and_then_by_its_schedule(stage: Stage) -> None:
    made = stage.connect(every_seconds=3600)

    async def during(_: Connections) -> None:
        await stage.until(lambda: len(stage.runs(made)) == 1 and bool(stage.runs(made)[0].ended_at))

    stage.run(at_once, during)
    (run,) = stage.runs(made)
    assert (run.outcome, run.figures.rows) == (Outcome.DONE, 3)
    held = stage.held(made)
    assert held.next_run_at == run.started_at + HOUR
    assert held.shape == {"id": ["number"]}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PullError("The database is away.", hint="Start it."), "The database is away."),
        (EndedError(), "The process that reads has died."),
    ],
)
def test_a_failure_is_kept_with_its_reason_and_tried_again_soon(
    stage: Stage, error: Exception, said: str
) -> None:
    made = stage.connect(every_seconds=3600)

    async def fails(*_: Any) -> Ended:
        raise error

    async def during(_: Connections) -> None:
        await stage.until(lambda: stage.held(made).failures == 1)

    stage.run(fails, during)
    (run,) = stage.runs(made)
    assert (run.outcome, run.problem) == (Outcome.FAILED, said)
    assert stage.held(made).next_run_at == stage.clock.now() + 30_000_000


def test_a_run_is_told_to_stop_when_its_connection_is_paused_and_goes_on_when_resumed(
    stage: Stage,
) -> None:
    made = stage.connect()

    async def until_told(_task: Any, _scratch: Any, stop: asyncio.Event, _report: Any) -> Ended:
        await stop.wait()
        return msgspec.structs.replace(DONE, is_stopped=True)

    async def during(running: Connections) -> None:
        await stage.until(lambda: bool(stage.runs(made)))
        changing.pause(stage.changes, stage.by, made.id)
        running.wake()
        await stage.until(lambda: stage.runs(made)[0].outcome is Outcome.STOPPED)

    stage.run(until_told, during)
    assert stage.held(made).next_run_at is None
    with pytest.raises(ConflictError):
        changing.run_now(stage.changes, stage.by, made.id)
    changing.resume(stage.changes, stage.by, made.id)

    async def again(_: Connections) -> None:
        changing.run_now(stage.changes, stage.by, made.id)
        _.wake()
        await stage.until(lambda: any(run.outcome is Outcome.DONE for run in stage.runs(made)))

    stage.run(at_once, again)


def test_a_run_that_takes_too_long_is_told_to_stop_and_the_next_goes_on(stage: Stage) -> None:
    made = stage.connect()
    tasks: list[Any] = []

    async def slow(task: Any, _scratch: Any, stop: asyncio.Event, _report: Any) -> Ended:
        tasks.append(task)
        if len(tasks) > 1:
            return DONE
        await stop.wait()
        return msgspec.structs.replace(DONE, is_stopped=True)

    async def during(_: Connections) -> None:
        await stage.until(lambda: any(run.outcome is Outcome.DONE for run in stage.runs(made)))

    stage.run(slow, during, longest_seconds=0.05)
    assert {run.outcome for run in stage.runs(made)} == {Outcome.DONE, Outcome.STOPPED}


def test_what_is_asked_for_during_a_run_is_not_forgotten(stage: Stage) -> None:
    made = stage.connect()
    tasks: list[Any] = []

    async def asked(task: Any, *_: Any) -> Ended:
        tasks.append(task)
        if len(tasks) == 1:
            stage.clock.advance(seconds=1)
            changing.run_now(stage.changes, stage.by, made.id, Backfill.MISSING)
        return DONE

    async def during(_: Connections) -> None:
        await stage.until(lambda: len(tasks) == 2 and stage.held(made).asked is None)

    stage.run(asked, during)
    assert [task.backfill for task in tasks] == [None, Backfill.MISSING]
    assert stage.held(made).next_run_at is None


def test_runs_that_a_stop_has_cut_short_are_due_at_the_next_start(stage: Stage) -> None:
    made = stage.connect(every_seconds=3600)

    async def for_ever(*_: Any) -> Ended:
        await asyncio.Event().wait()
        raise AssertionError

    async def begun(_: Connections) -> None:
        await stage.until(lambda: bool(stage.runs(made)))

    stage.run(for_ever, begun)
    assert stage.runs(made)[0].outcome is Outcome.STOPPED

    async def during(_: Connections) -> None:
        await stage.until(lambda: any(run.outcome is Outcome.DONE for run in stage.runs(made)))

    stage.run(at_once, during)
    assert len(stage.runs(made)) == 2


def test_secrets_are_sealed_told_by_name_and_asked_for_where_they_are_missing(
    stage: Stage,
) -> None:
    made = stage.connect()
    assert "shop.db" not in repr(stage.held(made))
    assert made.secret_names == ("FILE",)
    with pytest.raises(InvalidError) as refused:
        changing.change(
            stage.changes,
            stage.by,
            stage.vault,
            made.id,
            changing.Wanted(definition=PULL.replace("${FILE}", "${OTHER}")),
        )
    assert refused.value.field == "secrets.OTHER"
    with pytest.raises(ConflictError):
        stage.connect("shop")
    changing.remove(stage.changes, stage.by, made.id)
    assert stage.left() == []
