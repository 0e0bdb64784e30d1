"""What a function may try against its host: it is stopped, and harms only the event it came of."""

import time

import pytest

from headwater.functions.runtime.breaker import Share
from headwater.functions.runtime.model import Failure, Limits
from headwater.functions.runtime.sandbox import Sandbox
from headwater.kit.addresses import FetchPolicy
from tests.functions.runtime.running import SHORT, kinds, sandbox, track

_GUILTY = 37
_COUNT = 60
_PATIENT = Limits(busy_seconds=5.0, memory_bytes=160_000_000)
"""Memory runs out before time does."""


def _of_one(body: str) -> str:
    """A function that changes every event, and is hostile at one of them."""
    return (
        f"async function onTrack(event) {{ if (event.userId === 'user-{_GUILTY}') {{ {body} }}"
        " event.properties.seen = true; return event; }"
    )


_STOPPED = {
    "a loop": ("for (;;) {}", Failure.TIMEOUT),
    "a loop of microtasks": ("for (;;) await null;", Failure.TIMEOUT),
    "a loop of promises that never ends": (
        "await new Promise(() => { const go = () => { Promise.resolve().then(go); }; go(); });",
        Failure.TIMEOUT,
    ),
    "a regular expression that backtracks": (
        "/^(a+)+$/.test('a'.repeat(60) + 'b');",
        Failure.TIMEOUT,
    ),
    "a getter that loops in what is returned": (
        "return { get properties() { for (;;) {} } };",
        Failure.TIMEOUT,
    ),
    "a thrown thing that loops when it is read": (
        "throw { get stack() { for (;;) {} } };",
        Failure.TIMEOUT,
    ),
    "a promise that never settles": ("await new Promise(() => {});", Failure.TIMEOUT),
    "an array bomb": (
        "const held = []; for (;;) held.push(new Array(1000).fill(1.5));",
        Failure.MEMORY,
    ),
    "a typed-array bomb": (
        "const held = []; for (;;) held.push(new Uint8Array(1e7).fill(1));",
        Failure.MEMORY,
    ),
    "a text that doubles": (
        "let t = 'x'; const held = []; for (;;) { t += t.slice(0, 1e6); held.push([...t]); }",
        Failure.MEMORY,
    ),
    "a map that grows": (
        "const held = new Map(); for (let i = 0; ; i++) held.set(i, { i });",
        Failure.MEMORY,
    ),
}
"""What the child has to be killed for."""

_REFUSED = {
    "a returned event of megabytes": (
        "return { type: 'track', text: 'x'.repeat(5e6) };",
        Failure.OUTPUT,
    ),
    "a thousand and one events for one": ("return new Array(1001).fill(event);", Failure.OUTPUT),
    "a length that lies": (
        "return new Proxy([], { get: (held, key) => key === 'length' ? 1e9 : held[key] });",
        Failure.OUTPUT,
    ),
    "an event nested too deep": (
        "let deep = {}; for (let i = 0; i < 5000; i++) deep = { deep }; return deep;",
        Failure.OUTPUT,
    ),
    "a text in place of an event": ("return 'an event';", Failure.OUTPUT),
    "a circular event": ("event.self = event; return event;", Failure.ERROR),
    "an endless recursion": ("function again() { return again() + 1; } again();", Failure.ERROR),
    "a thrown proxy whose every trap throws": (
        "throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });",
        Failure.ERROR,
    ),
    "a thrown null": ("throw null;", Failure.ERROR),
    "a thrown error whose message is a getter that throws": (
        "throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } });",
        Failure.ERROR,
    ),
    "a returned proxy whose every trap throws": (
        "return new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });",
        Failure.ERROR,
    ),
    "a way out by constructor.constructor": (
        "return event.constructor.constructor('return process')();",
        Failure.ERROR,
    ),
    "WebAssembly": (
        "return { memory: new WebAssembly.Memory({ initial: 60000 }) };",
        Failure.ERROR,
    ),
    "Atomics": ("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);", Failure.ERROR),
    "require": ("return require('child_process').execSync('id');", Failure.ERROR),
    "import": ("return await import('node:fs');", Failure.ERROR),
    "fetch to the host itself": ("return await fetch('http://127.0.0.1:1/');", Failure.ERROR),
    "fetch to a cloud's metadata": (
        "return await fetch('http://169.254.169.254/latest/meta-data/');",
        Failure.ERROR,
    ),
}
"""What comes to nothing by itself."""


@pytest.mark.parametrize("name", _STOPPED)
def test_it_is_stopped_and_all_other_events_of_the_batch_go_on(name: str) -> None:
    body, kind = _STOPPED[name]
    limits = _PATIENT if kind is Failure.MEMORY else SHORT
    with sandbox(_of_one(body), limits=limits) as function:
        started = time.monotonic()
        results = function.run([track(number) for number in range(_COUNT)])
        assert time.monotonic() - started < 6.0
        told = kinds(results)
        assert told[_GUILTY] == kind.value, results[_GUILTY]
        assert results[_GUILTY].failed is not None
        assert results[_GUILTY].failed.message
        assert told[:_GUILTY] + told[_GUILTY + 1 :] == ["changed"] * (_COUNT - 1)
        again = function.run([track(number) for number in range(_GUILTY)])
        assert kinds(again) == ["changed"] * _GUILTY


def test_what_comes_to_nothing_fails_its_own_event_alone() -> None:
    attacks = ",".join(f"async (event) => {{ {body} }}" for body, _ in _REFUSED.values())
    code = (
        f"const attacks = [{attacks}]; async function onTrack(event) {{"
        " const attack = attacks[event.properties.number]; event.properties.seen = true;"
        " return attack ? await attack(event) : event; }"
    )
    with sandbox(code, fetch=FetchPolicy()) as function:
        results = function.run([track(number) for number in range(_COUNT)])
        assert function.health().deaths == 0
    told = kinds(results)
    expected = [kind.value for _, kind in _REFUSED.values()]
    assert dict(zip(_REFUSED, told, strict=False)) == dict(zip(_REFUSED, expected, strict=True))
    assert all(result.failed and result.failed.message for result in results[: len(_REFUSED)])
    assert told[len(_REFUSED) :] == ["changed"] * (_COUNT - len(_REFUSED))


def test_a_split_that_kills_its_whole_process_harms_its_own_event_alone() -> None:
    body = "'x'.repeat(1 << 28).split('');"
    limits = Limits(busy_seconds=3.0, memory_bytes=2_000_000_000)  # so that V8 itself gives up
    with sandbox(_of_one(body), limits=limits) as function:
        results = function.run([track(number) for number in range(_COUNT)])
        assert results[_GUILTY].failed is not None
        assert results[_GUILTY].failed.kind in (Failure.CRASH, Failure.MEMORY)
        assert kinds(results).count("changed") == _COUNT - 1
        assert kinds(function.run([track()])) == ["changed"]


def test_what_is_done_to_built_ins_is_not_seen_by_the_next_event() -> None:
    code = """
      function onTrack(event) {
        const attempts = [
          () => { Object.prototype.polluted = 1; },
          () => { Array.prototype.push = () => 0; },
          () => { JSON.stringify = () => '{"stolen":1}'; },
          () => { JSON.parse = () => ({}); },
          () => { Promise.prototype.then = () => 0; },
          () => { String.prototype.slice = () => ''; },
          () => { Object.setPrototypeOf(Array.prototype, { evil: 1 }); },
          () => { Object.defineProperty(Object.prototype, 'toJSON', { value: () => 1 }); },
          () => { event.__proto__.evil = 1; },
          () => { (async () => {}).__proto__.call = 1; },
          () => { (function* () {}).__proto__.prototype.next = 1; },
          () => { globalThis.fetch = () => 0; },
          () => { Math.random = () => 4; },
          () => { delete globalThis.JSON; },
          () => { Error.prepareStackTrace = () => 'mine'; },
          () => { Symbol.prototype.description = 1; },
        ];
        const done = attempts.map((attempt) => { try { attempt(); } catch {} });
        event.clean = [
          ({}).polluted, [].evil, ({}).evil, ({}).toJSON, Error.prepareStackTrace,
        ].every((each) => each === undefined)
          && [1].push(2) === 2 && 'abc'.slice(1) === 'bc' && typeof fetch('x').then === 'function'
          && [...(function* () { yield 7; })()][0] === 7;
        return event;
      }
    """
    with sandbox(code) as function:
        for _ in range(2):
            result = function.run([track()])[0]
            assert result.events is not None
            assert result.events[0]["clean"] is True
            assert result.events[0]["properties"] == {"number": 0}


def test_a_flood_of_lines_is_cut() -> None:
    code = _of_one("for (let i = 0; i < 1e6; i++) console.log('x'.repeat(10000));")
    with sandbox(code) as function:
        result = function.run([track(number) for number in range(_COUNT)])[_GUILTY]
    assert len(result.logs) == SHORT.log_lines + 1
    assert result.logs[-1].text == "Further lines are not kept."
    assert all(len(line.text) <= SHORT.log_characters + 1 for line in result.logs)


@pytest.mark.parametrize("code", ["for (;;) {}", "const held = []; for (;;) held.push([1.5]);"])
def test_code_that_does_not_come_to_an_end_while_it_loads_is_stopped(code: str) -> None:
    limits = Limits(load_seconds=0.6, memory_bytes=160_000_000)
    with sandbox(code, limits=limits) as function:
        assert function.load().failed is not None
        (result,) = function.run([track()])
        assert result.failed is not None
        assert result.failed.kind in (Failure.TIMEOUT, Failure.MEMORY)


def test_a_batch_of_hostile_events_is_given_up_after_three_deaths() -> None:
    code = "function onTrack() { for (;;) {} }"
    with sandbox(code) as function:
        started = time.monotonic()
        results = function.run([track(number) for number in range(100)])
        assert time.monotonic() - started < 4.0
    assert kinds(results) == ["timeout"] * 3 + ["resting"] * 97


def test_a_hang_among_events_that_wait_is_found_by_leading_them_one_by_one() -> None:
    code = """
      async function onTrack(event) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (event.userId === 'user-3') 'x'.repeat(1 << 28).split('');
        event.properties.seen = true;
        return event;
      }
    """
    limits = Limits(busy_seconds=3.0, memory_bytes=2_000_000_000)
    with sandbox(code, limits=limits) as function:
        results = function.run([track(number) for number in range(6)])
    assert [kind == "changed" for kind in kinds(results)] == [True, True, True, False, True, True]


def test_slow_code_has_its_budget_and_no_more() -> None:
    code = "function onTrack(event) { const end = Date.now() + 50; while (Date.now() < end); }"
    limits = Limits(batch_seconds=0.5)
    with sandbox(code, limits=limits) as function:
        started = time.monotonic()
        results = function.run([track(number) for number in range(100)])
        assert time.monotonic() - started < 1.0
    told = kinds(results)
    done = told.count("dropped")
    assert 1 <= done <= 10
    assert told[done:] == ["out_of_time"] * (100 - done)


def test_a_hostile_function_takes_at_most_a_tenth_of_the_time_in_the_long_run() -> None:
    """By a clock that moves by the time that runs take, and by the time between batches."""
    at = 0.0
    share = Share(share=0.1, burst_seconds=0.5, first_rest_seconds=0.5)
    program = sandbox("function onTrack() { for (;;) {} }").program
    limits = Limits(busy_seconds=0.1, batch_seconds=0.4)
    with Sandbox(program, limits, share=share, now=lambda: at) as function:
        taken = 0.0
        refused = 0
        for _ in range(200):
            started = time.monotonic()
            (result,) = function.run([track()])
            spent = time.monotonic() - started
            taken += spent
            at += spent + 0.1  # the pipeline's other work
            refused += result.failed is not None and result.failed.kind is Failure.RESTING
        assert refused > 180
        assert taken <= share.burst_seconds + 0.1 * at + 0.5
        assert function.health().rests_for > 0
        assert "stopped" in function.health().reason or "used up" in function.health().reason


def test_a_function_that_is_mended_is_given_events_again_after_its_rest() -> None:
    at = 0.0
    program = sandbox(_of_one("for (;;) {}")).program
    limits = Limits(busy_seconds=0.1)
    with Sandbox(program, limits, share=Share(), now=lambda: at) as function:
        assert kinds(function.run([track(_GUILTY)])) == ["timeout"]
        assert kinds(function.run([track(1)])) == ["resting"]
        at += function.health().rests_for + 0.1
        assert kinds(function.run([track(1)])) == ["changed"]
