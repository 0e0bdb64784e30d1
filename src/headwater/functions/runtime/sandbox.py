"""One function in its child process: batches in, a result for each event out.

A batch is one exchange when all is well. When the child dies, the events whose results had come
keep them. The event that ran, if it is known, fails, and the others go on in a fresh child. If it
is not known, the rest is led through one by one, so that the next death names its culprit.
"""

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final

import msgspec

from headwater.functions.runtime import wire
from headwater.functions.runtime.addresses import FetchPolicy
from headwater.functions.runtime.breaker import Breaker, Share
from headwater.functions.runtime.conversation import Conversation
from headwater.functions.runtime.fetching import Fetcher
from headwater.functions.runtime.masking import Masks
from headwater.functions.runtime.model import (
    Failed,
    Failure,
    Health,
    Limits,
    Loaded,
    Patch,
    Program,
    Result,
)
from headwater.functions.runtime.process import ChildProcess
from headwater.functions.runtime.restoring import restored
from headwater.functions.runtime.wire import DiedError

_MOST_DEATHS: Final = 3
"""After so many in one batch the rest of it is not tried."""
_FULL: Final = 0.8
"""A child that holds so much of its memory between two batches is replaced."""


class Sandbox:
    """Runs one function. For one batch at a time; others wait their turn."""

    def __init__(
        self,
        program: Program,
        limits: Limits = Limits(),  # noqa: B008
        *,
        fetcher: Fetcher | None = None,
        fetch: FetchPolicy | None = None,
        share: Share = Share(),  # noqa: B008
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """No child is started yet. Requests are made by a fetcher that is shared with others, or
        by one's own; without either they are refused. `now` is the breaker's clock alone."""
        self.program = program
        self.limits = limits
        self._own_fetcher = Fetcher(fetch) if fetch is not None and fetch.is_on else None
        self._fetcher = fetcher or self._own_fetcher
        self._breaker = Breaker(share, now)
        self._masks = Masks(program.secrets)
        self._lock = threading.Lock()
        self._child: ChildProcess | None = None
        self._loaded = Loaded()
        self._runs = 0

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, events: Sequence[Any], handler: str = "") -> list[Result]:
        """What becomes of each event. The handler goes by the event's type, or is named."""
        results = self.changes(events, handler)
        return [
            msgspec.structs.replace(result, events=(result.patch.applied(event),), patch=None)
            if result.patch is not None
            else result
            for event, result in zip(events, results, strict=True)
        ]

    def changes(self, events: Sequence[Any], handler: str = "") -> list[Result]:
        """The same, with a patch in place of an event that was changed: it is quicker so."""
        return self._run(events, handler, is_whole=False) if events else []

    def run_batch(self, events: Sequence[Any]) -> list[Result]:
        """What `onBatch`, given all events at once, makes of each. It may say so by a status code
        for each; otherwise all share one fate."""
        if not events:
            return []
        (one,) = self._run(events, "onBatch", is_whole=True)
        if not one.events:
            return [one] * len(events)
        told = [_by_status(each) for each in one.events[: len(events)]]
        return [*told, *([Result()] * (len(events) - len(told)))]

    def load(self) -> Loaded:
        """What the code holds, or why it does not load."""
        with self._lock:
            try:
                self._ready(time.monotonic() + self.limits.load_seconds)
            except DiedError as died:
                self._drop_child()
                return Loaded(failed=self._masks.failed(_failed(died)))
            return self._loaded

    def health(self) -> Health:
        """How the function does."""
        return self._breaker.health()

    def close(self) -> None:
        """End the child. The next run would start another."""
        with self._lock:
            self._drop_child()
            if self._own_fetcher is not None:
                self._own_fetcher.close()

    def _run(self, events: Sequence[Any], handler: str, *, is_whole: bool) -> list[Result]:
        with self._lock:
            refusal = self._breaker.refusal()
            count = 1 if is_whole else len(events)
            if refusal is not None:
                return [Result(failed=refusal)] * count
            started = time.monotonic()
            seconds = min(self.limits.batch_seconds, self._breaker.left_seconds() + 0.05)
            batch = _Batch(self, events, handler, is_whole, started + seconds)
            try:
                batch.lead()
            finally:
                self._breaker.spent(time.monotonic() - started, len(events), batch.died)
                self._retire()
            return [self._masks.result(result) for result in batch.finished()]

    def _ready(self, deadline: float) -> ChildProcess | None:
        """A child that holds the program; None when it does not load. Raises DiedError."""
        if self._child is not None and not self._child.is_alive:
            self._drop_child()
        if self._child is None:
            self._child = ChildProcess(self.limits.memory_bytes)
            self._loaded = Loaded()
            self._runs = 0
            self._child.send(wire.load(self.program, self.limits))
            self._loaded = self._masks.loaded(self._read_loaded(self._child, deadline))
        return None if self._loaded.failed else self._child

    def _read_loaded(self, child: ChildProcess, deadline: float) -> Loaded:
        letter, payload = child.receive(self.limits.load_seconds, deadline)
        if letter == "L":
            return msgspec.json.decode(payload, type=Loaded)
        if letter == "S":
            return Loaded(failed=unparsed(payload.decode(), self.program.code))
        raise wire.died_of(letter, payload)

    def _retire(self) -> None:
        """Let the child go when it has run often, or has become large."""
        child = self._child
        if child is None:
            return
        self._runs += 1
        is_old = self._runs >= self.limits.runs
        if is_old or (self._runs % 16 == 0 and child.memory() > _FULL * self.limits.memory_bytes):
            self._drop_child()

    def _drop_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


class _Batch:
    """The events of one run, what became of them, and which still wait."""

    def __init__(
        self,
        sandbox: Sandbox,
        events: Sequence[Any],
        handler: str,
        is_whole: bool,
        deadline: float,
    ) -> None:
        self.died: Failed | None = None
        self._sandbox = sandbox
        self._given = events
        self._handler = handler
        self._is_whole = is_whole
        self._deadline = deadline
        self._results: list[Result | None] = [None] * (1 if is_whole else len(events))
        self._pending: Sequence[int] = range(len(self._results))
        self._is_careful = False
        self._rest = Failed(
            Failure.OUT_OF_TIME, "The function used up its time.", is_retryable=True
        )

    def lead(self) -> None:
        """Lead the events through the function, in as many children as it takes."""
        texts = wire.encoded(self._given)
        deaths = 0
        while self._pending and deaths < _MOST_DEATHS and time.monotonic() < self._deadline:
            try:
                child = self._sandbox._ready(self._deadline)  # noqa: SLF001
            except DiedError as died:
                self._sandbox._drop_child()  # noqa: SLF001
                self.died = self._rest = _failed(died)
                return
            if child is None:
                loaded = self._sandbox._loaded  # noqa: SLF001
                self._rest = loaded.failed or self._rest
                return
            try:
                self._converse(child, texts)
                return
            except DiedError as died:
                self._sandbox._drop_child()  # noqa: SLF001
                deaths += 1
                self._blame(died)
        if deaths >= _MOST_DEATHS and self.died is not None:
            message = f"The function was stopped {deaths} times: {self.died.message}"
            self._rest = Failed(Failure.RESTING, message, is_retryable=True)

    def finished(self) -> list[Result]:
        """All results; what has none failed as the rest does."""
        rest = Result(failed=self._rest)
        return [rest if result is None else result for result in self._results]

    def _converse(self, child: ChildProcess, texts: Sequence[bytes]) -> None:
        sandbox, pending = self._sandbox, self._pending
        is_all = self._is_whole or len(pending) == len(texts)
        taken = texts if is_all else [texts[index] for index in pending]
        begin = wire.begin(
            taken, self._handler, is_careful=self._is_careful, is_whole=self._is_whole
        )
        talk = Conversation(child, sandbox.limits, sandbox._fetcher, self._deadline)  # noqa: SLF001
        with talk:
            for turn in talk.turns(begin):
                self._take(turn)

    def _take(self, turn: wire.Turn) -> None:
        """Take in the results of a turn, which are those of the first events that wait."""
        if not turn.count:
            return
        try:
            results = wire.results(turn)
            done, self._pending = self._pending[: turn.count], self._pending[turn.count :]
            for index, result in zip(done, results, strict=True):
                self._results[index] = result
            for index, event in wire.seen(turn).items():
                self._restore(index, event)
        except (ValueError, msgspec.DecodeError) as error:
            raise DiedError(Failure.CRASH, f"The child cannot be understood: {error}") from None

    def _restore(self, index: int, seen: Any) -> None:
        result = self._results[index]
        if result is not None and result.patch is not None:
            given = msgspec.to_builtins(self._given[index])
            patch = Patch(restored(given, seen, result.patch.set), result.patch.gone)
            self._results[index] = msgspec.structs.replace(result, patch=patch)

    def _blame(self, died: DiedError) -> None:
        """Let the event that the child died of fail; without one, be careful from now on."""
        self.died = failed = _failed(died)
        pending = self._pending
        if not pending:
            return
        at = died.at
        if self._is_careful or len(pending) == 1:
            at = 0
        if at is None:
            self._is_careful = True
            return
        self._results[pending[at]] = Result(failed=failed)
        self._pending = [*pending[:at], *pending[at + 1 :]]


def unparsed(message: str, code: str) -> Failed:
    """Why the code does not parse, from what V8 says: `<anonymous>:LINE: SyntaxError: …`. What is
    missing at its end is found after it."""
    head = message.split("\n", 1)[0]
    place, _, said = head.partition(": ")
    number = place.rpartition(":")[2]
    line = min(int(number), code.count("\n") + 1) if number.isdigit() else 0
    return Failed(
        Failure.UNUSABLE, said.removeprefix("SyntaxError: ") or head, "SyntaxError", line=line
    )


def _failed(died: DiedError) -> Failed:
    return Failed(died.kind, died.message, is_retryable=died.kind is Failure.OUT_OF_TIME)


def _by_status(told: dict[str, Any]) -> Result:
    status, message = told.get("status", 200), str(told.get("message", ""))
    if status < 400:
        return Result()
    is_retryable = status == 429 or status >= 500
    kind = Failure.RETRY if is_retryable else Failure.INVALID
    return Result(failed=Failed(kind, message or f"status {status}", is_retryable=is_retryable))
