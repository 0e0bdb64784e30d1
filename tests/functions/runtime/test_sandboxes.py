"""Children: started when needed, one for each function, gone when they should be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from headwater.functions.runtime.breaker import Breaker, Share
from headwater.functions.runtime.model import Failed, Failure, Limits, Program, State
from headwater.functions.runtime.sandbox import Sandbox
from headwater.functions.runtime.sandboxes import Sandboxes
from tests.functions.runtime.running import kinds, sandbox, track

_SAME = "function onTrack(event) { return event; }"


def _pid(function: Sandbox) -> int:
    assert function.pid is not None
    return function.pid


def _is_gone(pid: int) -> bool:
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.01)
    return False


def test_a_name_has_one_sandbox_until_its_program_changes() -> None:
    pool = Sandboxes(most=2)
    try:
        one = pool.of("one", Program(_SAME))
        one.run([track()])
        pid = _pid(one)
        assert pool.of("one", Program(_SAME)) is one
        other = pool.of("one", Program(_SAME + " "))
        assert other is not one
        assert _is_gone(pid)
        assert set(pool.health()) == {"one"}
    finally:
        pool.close()


def test_only_so_many_are_held_and_the_oldest_go() -> None:
    pool = Sandboxes(most=2)
    held = {}
    for name in ("a", "b", "c"):
        held[name] = pool.of(name, Program(_SAME))
        held[name].run([track()])
        if name == "b":
            pool.of("a", Program(_SAME))
            pid = _pid(held["b"])
    assert set(pool.health()) == {"a", "c"}
    assert _is_gone(pid)
    others = [_pid(held[name]) for name in ("a", "c")]
    pool.close_one("a")
    pool.close_one("nobody")
    assert _is_gone(others[0])
    pool.close()
    assert _is_gone(others[1])


def test_a_child_that_was_killed_between_two_batches_is_started_anew() -> None:
    with sandbox(_SAME) as function:
        function.run([track()])
        child = function._keeper._child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        child._process.wait(timeout=10)
        assert kinds(function.run([track()])) == ["unchanged"]
        assert function.health().deaths == 0


def test_a_child_has_no_environment_no_files_and_its_own_session() -> None:
    os.environ["HEADWATER_TEST_SECRET"] = "hush"
    try:
        with sandbox(_SAME) as function:
            function.run([track()])
            place = Path("/proc") / str(_pid(function))
            assert (place / "environ").read_bytes() == b""
            assert str((place / "cwd").readlink()) == "/"
            assert os.getsid(_pid(function)) == _pid(function)
            opened = {str(each.readlink()) for each in (place / "fd").iterdir()}
            ends = [each for each in opened if not each.startswith(("socket:", "anon_inode:"))]
            assert all(each.startswith("pipe:") or each == "/dev/null" for each in ends), opened
            status = (place / "status").read_text()
            assert "NoNewPrivs:\t1" in status
            limits = (place / "limits").read_text()
            assert "Max core file size        0" in limits
            assert "Max file size             0" in limits
            assert int((place / "oom_score_adj").read_text()) == 1000
    finally:
        del os.environ["HEADWATER_TEST_SECRET"]


def test_a_child_ends_with_its_parent_even_while_it_hangs() -> None:
    code = (
        "import threading\n"
        "from headwater.functions.runtime.model import Limits\n"
        "from tests.functions.runtime.running import sandbox, track\n"
        "limits = Limits(busy_seconds=60.0, batch_seconds=60.0)\n"
        "function = sandbox('function onTrack() { for (;;) {} }', limits=limits)\n"
        "function.load()\n"
        "print(function.pid, flush=True)\n"
        "function.run([track()])\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert _is_gone(pid)


def test_a_sandbox_that_is_forgotten_takes_its_child_along() -> None:
    function = sandbox(_SAME)
    function.run([track()])
    pid = _pid(function)
    del function
    assert _is_gone(pid)


def test_without_mini_racer_the_failure_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from headwater.functions.runtime import process

    process._folder_of_mini_racer.cache_clear()
    monkeypatch.setattr(process, "find_spec", lambda _: None)
    with sandbox(_SAME) as function:
        (result,) = function.run([track()])
    assert result.failed is not None
    assert result.failed.kind is Failure.UNUSABLE
    assert "pip install 'mini-racer" in result.failed.message


_DEATH = Failed(Failure.TIMEOUT, "it hung")


def test_a_function_that_keeps_dying_rests_for_longer_each_time() -> None:
    at = [0.0]
    breaker = Breaker(Share(burst_seconds=1000.0), lambda: at[0])
    rests = []
    for _ in range(12):
        assert breaker.refusal() is None
        breaker.spent(0.1, 1, _DEATH)
        refusal = breaker.refusal()
        assert refusal is not None
        assert refusal.is_retryable
        rests.append(breaker.health().rests_for)
        at[0] += rests[-1]
    assert rests == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert breaker.health().deaths == 12
    for _ in range(20):
        breaker.spent(0.0, 100)
    breaker.spent(0.1, 1, _DEATH)
    assert breaker.health().rests_for == pytest.approx(1.0)


def test_a_slow_function_takes_a_tenth_of_the_time_and_a_fast_one_what_it_needs() -> None:
    at = [0.0]
    slow = Breaker(Share(), lambda: at[0])
    taken = 0.0
    for _ in range(2000):
        if slow.refusal() is None:
            taken += 1.0
            at[0] += 1.0
            slow.spent(1.0, 100)
        at[0] += 0.5
    assert taken < 10 + 0.1 * at[0] + 2 + 0.01 * taken
    assert taken > 0.05 * at[0]
    fast = Breaker(Share(), lambda: at[0])
    for _ in range(2000):
        assert fast.refusal() is None
        at[0] += 0.02
        fast.spent(0.02, 1000)
    assert fast.health() == msgspec.structs.replace(
        fast.health(), state=State.READY, events=2_000_000, deaths=0
    )


def test_limits_of_a_sandbox_can_be_told_apart() -> None:
    pool = Sandboxes()
    one = pool.of("a", Program(_SAME), Limits(runs=1))
    assert pool.of("a", Program(_SAME), Limits(runs=2)) is not one
    pool.close()
