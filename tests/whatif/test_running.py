"""Runs in threads of their own: how far they are, ended, kept for a while."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from headwater.errors import BadRequestError, ConflictError, NotFoundError
from headwater.kit.clock import FakeClock
from headwater.whatif.asked import Asked
from headwater.whatif.model import EventAccount, WarehouseEffect, WhatIfResult, WhatIfSummary
from headwater.whatif.proposal import Supposition
from headwater.whatif.running import KEPT_FOR, MOST_WAITING, Run, Runs, State, Work
from headwater.whatif.trial import Continue, EndedError
from headwater.workspaces.model import Configuration

NOTHING = Configuration(1, (), ())
SUPPOSITION = Supposition(NOTHING, NOTHING, (), (), {})
SUMMARY = WhatIfSummary(7, EventAccount(), EventAccount(), {}, 0, (), (), (), (), WarehouseEffect())


@pytest.fixture
def runs() -> Iterator[Runs]:
    runs = Runs(FakeClock())
    yield runs
    runs.close()


def begun(runs: Runs, work: Work) -> Run:
    return runs.begin("w1", "user:ada", Asked(), SUPPOSITION, work, 7)


def done(go_on: Continue) -> WhatIfResult:
    go_on(3)
    return WhatIfResult(SUMMARY, ())


def endless(go_on: Continue) -> WhatIfResult:
    while go_on(1):
        threading.Event().wait(0.001)
    raise EndedError


def over(runs: Runs, run: Run) -> Run:
    return asyncio.run(runs.wait(run, 10))


def test_a_run_is_waited_for_and_found_again(runs: Runs) -> None:
    run = over(runs, begun(runs, done))
    assert (run.state, run.read, run.result) == (State.DONE, 7, WhatIfResult(SUMMARY, ()))
    assert runs.run("w1", run.id) == run
    assert runs.all("w1") == [run]
    with pytest.raises(NotFoundError):
        runs.run("w2", run.id)
    assert runs.all("w2") == []


def test_a_run_is_ended_and_what_is_over_forgotten(runs: Runs) -> None:
    run = begun(runs, endless)
    assert asyncio.run(runs.wait(run, 0.01)).state in (State.WAITING, State.RUNNING)
    runs.end("w1", run.id)
    assert over(runs, run).state is State.CANCELLED
    runs.end("w1", run.id)
    with pytest.raises(NotFoundError):
        runs.end("w1", run.id)


def test_one_that_waits_is_ended_at_once(runs: Runs) -> None:
    busy = [begun(runs, endless) for _ in range(2)]
    waits = begun(runs, done)
    runs.end("w1", waits.id)
    assert runs.run("w1", waits.id).state is State.CANCELLED
    for run in busy:
        runs.end("w1", run.id)


def test_too_many_are_refused_and_all_end_with_the_server(runs: Runs) -> None:
    found = [begun(runs, endless) for _ in range(MOST_WAITING)]
    with pytest.raises(ConflictError):
        begun(runs, done)
    runs.close()
    assert {runs.run("w1", each.id).is_over for each in found[:2]} == {True}


def test_what_goes_wrong_is_said(runs: Runs) -> None:
    def refused(_: Continue) -> WhatIfResult:
        raise BadRequestError("No.", hint="Never.")

    def broken(_: Continue) -> WhatIfResult:
        raise ZeroDivisionError

    assert over(runs, begun(runs, refused)).error == "No. Never."
    run = over(runs, begun(runs, broken))
    assert run.state is State.FAILED
    assert "log says more" in run.error


def test_an_answer_is_kept_for_an_hour(runs: Runs) -> None:
    clock = FakeClock()
    runs = Runs(clock)
    over(runs, begun(runs, done))
    clock.at += KEPT_FOR
    assert len(runs.all("w1")) == 1
    clock.at += 1
    assert runs.all("w1") == []
    runs.close()
