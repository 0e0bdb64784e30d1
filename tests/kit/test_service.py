"""Services go on until they are stopped, back off when they fail, and end with their parent."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from headwater.kit import metrics
from headwater.kit.service import run_forever


class _Stop(threading.Event):
    """A stop that is set after a number of waits, and takes no time to wait for."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.waited: list[float | None] = []
        self._left = waits

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        if len(self.waited) >= self._left:
            self.set()
        return self.is_set()


class _Work:
    """A service that does what it is told, one thing a run."""

    def __init__(self, run: Callable[[int], int]) -> None:
        self.name = "work"
        self.runs = 0
        self._run = run

    def run_once(self) -> int:
        self.runs += 1
        return self._run(self.runs)


def _fail(_: int) -> int:
    raise ValueError("no")


def test_it_waits_only_when_there_was_nothing_to_do() -> None:
    stop = _Stop(waits=2)
    work = _Work(lambda run: 0 if run in (3, 5) else 1)

    run_forever(work, stop, idle_seconds=7.0)

    assert work.runs == 5
    assert stop.waited == [7.0, 7.0]


def test_a_failing_service_is_tried_again_ever_more_slowly_up_to_five_seconds() -> None:
    stop = _Stop(waits=8)

    run_forever(_Work(_fail), stop, idle_seconds=7.0)

    assert stop.waited == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_success_ends_the_backing_off() -> None:
    stop = _Stop(waits=4)
    work = _Work(lambda run: 1 if run == 3 else _fail(run))

    run_forever(work, stop, idle_seconds=7.0)

    assert stop.waited == [0.1, 0.2, 0.1, 0.2]


def test_failures_are_counted() -> None:
    counter = metrics.SERVICE_FAILURES.labels("work")
    before = counter._value.get()

    run_forever(_Work(_fail), _Stop(waits=3), idle_seconds=7.0)

    assert counter._value.get() == before + 3


def test_a_service_that_is_stopped_before_it_starts_does_nothing() -> None:
    stop = _Stop(waits=1)
    stop.set()
    work = _Work(lambda _: 1)

    run_forever(work, stop, idle_seconds=7.0)

    assert work.runs == 0


_CHILD = """
import threading
from headwater.kit.service import exit_with_parent
exit_with_parent()
print("ready", flush=True)
threading.Event().wait()
"""
_PARENT = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {_CHILD!r}]).wait()
"""


@pytest.mark.timeout(60)
def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        os.kill(parent.pid, signal.SIGKILL)
        # The child holds the other end of this pipe: it is at its end when the child is gone.
        assert parent.stdout.read() == ""
