"""Runs of what-if: one after the other beside all else, with progress, kept for a while."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import Final

import msgspec

from headwater.errors import ConflictError, HeadwaterError, NotFoundError
from headwater.kit import ids
from headwater.kit.clock import Clock
from headwater.kit.logging import logger
from headwater.whatif.asked import Asked
from headwater.whatif.model import WhatIfResult
from headwater.whatif.proposal import Supposition
from headwater.whatif.trial import Continue, EndedError

MOST_WAITING: Final = 20
MOST_KEPT: Final = 50
KEPT_FOR: Final = 3_600_000_000
"""Microseconds."""
_AT_ONCE: Final = 2
_log = logger("whatif")

Work = Callable[[Continue], WhatIfResult]


class State(StrEnum):
    """How far a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run(msgspec.Struct, frozen=True):
    """A run as it is at a moment. `expected` is about how many events it will read."""

    id: str
    workspace_id: str
    by: str
    asked: Asked
    supposition: Supposition
    state: State
    started_at: int
    ended_at: int = 0
    read: int = 0
    expected: int = 0
    error: str = ""
    result: WhatIfResult | None = None

    @property
    def is_over(self) -> bool:
        return self.state not in (State.WAITING, State.RUNNING)


class _Held:
    """A run, and what leads it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.is_cancelled = False
        self.future: Future[None] | None = None

    def change(self, **to: object) -> None:
        self.run = msgspec.structs.replace(self.run, **to)


class Runs:
    """Leads runs in threads of their own. For any thread; close it with `close`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._threads: ThreadPoolExecutor | None = None

    def begin(
        self, workspace_id: str, by: str, asked: Asked, supposition: Supposition, work: Work,
        expected: int,
    ) -> Run:  # fmt: skip
        """Have a run led. Raises ConflictError where too many wait."""
        run = Run(
            ids.resource_id(), workspace_id, by, asked, supposition, State.WAITING,
            self._clock.now(), expected=expected,
        )  # fmt: skip
        held = _Held(run)
        with self._lock:
            self._forget()
            if sum(not each.run.is_over for each in self._held.values()) >= MOST_WAITING:
                raise ConflictError(
                    f"{MOST_WAITING} runs of what-if are waiting already.",
                    hint="Wait until they are done, or cancel some.",
                )
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="what-if")
            self._held[run.id] = held
            held.future = self._threads.submit(self._lead, held, work)
        return run

    def _lead(self, held: _Held, work: Work) -> None:
        def go_on(read: int) -> bool:
            held.change(read=read)
            return not held.is_cancelled

        if held.is_cancelled:
            held.change(state=State.CANCELLED, ended_at=self._clock.now())
            return
        held.change(state=State.RUNNING)
        state, why = State.FAILED, ""
        try:
            result = work(go_on)
            held.change(result=result, read=result.summary.read)
            state = State.DONE
        except EndedError:
            state = State.CANCELLED
        except HeadwaterError as error:
            why = str(error)
        except Exception as error:
            _log.error("whatif.broken", error=repr(error), exc_info=error)
            why = "Something went wrong in Headwater itself; its log says more."
        held.change(state=state, error=why, ended_at=self._clock.now())

    async def wait(self, run: Run, seconds: float) -> Run:
        """The run once it is over, or as it is after so many seconds."""
        held = self._held.get(run.id)
        if held is None or held.future is None:
            return run
        future = asyncio.wrap_future(held.future)
        await asyncio.wait([future], timeout=seconds)
        return held.run

    def run(self, workspace_id: str, run_id: str) -> Run:
        """One run. Raises NotFoundError, also for one that is forgotten."""
        return self._find(workspace_id, run_id).run

    def all(self, workspace_id: str) -> list[Run]:
        """The runs that are kept, the newest first."""
        with self._lock:
            self._forget()
            found = [held.run for held in self._held.values()]
        return [run for run in reversed(found) if run.workspace_id == workspace_id]

    def end(self, workspace_id: str, run_id: str) -> None:
        """End a run, or forget one that is over. Raises NotFoundError."""
        held = self._find(workspace_id, run_id)
        if held.run.is_over:
            with self._lock:
                self._held.pop(run_id, None)
            return
        held.is_cancelled = True
        if held.future is not None and held.future.cancel():
            held.change(state=State.CANCELLED, ended_at=self._clock.now())

    def close(self) -> None:
        """End all runs."""
        for held in list(self._held.values()):
            held.is_cancelled = True
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)

    def _find(self, workspace_id: str, run_id: str) -> _Held:
        held = self._held.get(run_id)
        if held is None or held.run.workspace_id != workspace_id:
            raise NotFoundError(
                f"There is no run {run_id!r} of what-if.",
                hint="Runs are kept for an hour, and until Headwater stops.",
            )
        return held

    def _forget(self) -> None:
        """Forget what is over and old, and the oldest of too many."""
        over = [name for name, held in self._held.items() if held.run.is_over]
        old = self._clock.now() - KEPT_FOR
        most = len(self._held) - MOST_KEPT
        for number, name in enumerate(over):
            if number < most or self._held[name].run.ended_at < old:
                del self._held[name]
