"""One function in its child process: events in, a result for each out."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Final

import msgspec

from headwater.functions.runtime.breaker import Breaker, Share
from headwater.functions.runtime.fetching import Fetcher
from headwater.functions.runtime.keeping import Keeper
from headwater.functions.runtime.leading import Piece, Run
from headwater.functions.runtime.masking import Masks
from headwater.functions.runtime.model import (
    Failed,
    Failure,
    Health,
    Limits,
    Loaded,
    Program,
    Result,
)
from headwater.kit.addresses import FetchPolicy

_PIECE: Final = 64
"""Events that cross at once: fewer cost more crossings, more let parent and child wait."""


_NOTHING: Final = Piece((), "", is_whole=False)


class Sandbox:
    """Runs one function. For one run at a time; others wait their turn."""

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
        self._keeper = Keeper(program, limits, self._masks)
        self._lock = threading.Lock()

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
        found: list[Result] = []
        for _, results in self.stream(events, handler=handler):
            found += results
        return found

    def stream(
        self,
        events: Sequence[Any],
        shape: Callable[[Any], Any] | None = None,
        *,
        handler: str = "",
    ) -> Iterator[tuple[Sequence[Any], list[Result]]]:
        """The same piece by piece: some events, as `shape` makes them, and what becomes of each.

        First comes a piece of nothing: the child works by then, and nothing was waited for. It
        works on while a piece is looked at and another is shaped. To be read to its end. Events
        that a resting function is not given are not shaped either.
        """
        refusal = self._breaker.refusal()
        if refusal is not None:
            yield (), []
            yield events, [Result(failed=refusal)] * len(events)
            return
        pieces = _pieces(events, shape, handler)
        for piece, results in self._led(pieces, len(events)):
            yield piece.given, results

    def run_batch(self, events: Sequence[Any]) -> list[Result]:
        """What `onBatch`, given all events at once, makes of each. It may say so by a status code
        for each; otherwise all share one fate."""
        if not events:
            return []
        whole = Piece(events, "onBatch", is_whole=True)
        *_, (_, (one,)) = self._led(iter((whole,)), len(events))
        if not one.events:
            return [one] * len(events)
        told = [_by_status(each) for each in one.events[: len(events)]]
        return [*told, *([Result()] * (len(events) - len(told)))]

    def load(self) -> Loaded:
        """What the code holds, or why it does not load."""
        with self._lock:
            return self._keeper.load()

    def health(self) -> Health:
        """How the function does."""
        return self._breaker.health()

    @property
    def pid(self) -> int | None:
        """The child's process, while there is one."""
        return self._keeper.pid

    def close(self) -> None:
        """End the child. The next run would start another."""
        with self._lock:
            self._keeper.drop()
            if self._own_fetcher is not None:
                self._own_fetcher.close()

    def _led(self, pieces: Iterator[Piece], count: int) -> Iterator[tuple[Piece, list[Result]]]:
        with self._lock:
            refusal = self._breaker.refusal()
            if refusal is not None:
                yield _NOTHING, []
                yield from ((piece, piece.finished(refusal)) for piece in pieces)
                return
            started = time.monotonic()
            seconds = min(self.limits.batch_seconds, self._breaker.left_seconds() + 0.05)
            run = Run(self._keeper, self.limits, self._fetcher, started + seconds)
            try:
                for piece in run.lead(pieces):
                    if piece is None:
                        yield _NOTHING, []
                        continue
                    results = piece.finished(run.rest)
                    yield piece, [self._masks.result(result) for result in results]
            finally:
                run.close()
                self._breaker.spent(time.monotonic() - started, count, run.died)
                self._keeper.retire()


def _pieces(
    events: Sequence[Any], shape: Callable[[Any], Any] | None, handler: str
) -> Iterator[Piece]:
    for start in range(0, len(events), _PIECE):
        given = events[start : start + _PIECE]
        if shape is not None:
            given = [shape(event) for event in given]
        yield Piece(given, handler, is_whole=False)


def _by_status(told: dict[str, Any]) -> Result:
    status, message = told.get("status", 200), str(told.get("message", ""))
    if status < 400:
        return Result()
    is_retryable = status == 429 or status >= 500
    kind = Failure.RETRY if is_retryable else Failure.INVALID
    return Result(failed=Failed(kind, message or f"status {status}", is_retryable=is_retryable))
