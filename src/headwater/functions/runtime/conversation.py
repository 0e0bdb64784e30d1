"""Batches between a sandbox and its child: turns, requests, timers, until all is told."""

import queue
import time
from collections.abc import Iterator

from headwater.functions.runtime import wire
from headwater.functions.runtime.fetching import Fetcher, Fetching, refused
from headwater.functions.runtime.model import Failure, Limits
from headwater.functions.runtime.process import ChildProcess
from headwater.functions.runtime.wire import DiedError


class Conversation:
    """Leads a child through batches. Closed, what it waits for is given up."""

    def __init__(
        self, child: ChildProcess, limits: Limits, fetcher: Fetcher | None, deadline: float
    ) -> None:
        """`deadline` is of time.monotonic."""
        self.room = child.room
        self._child = child
        self._limits = limits
        self._fetcher = fetcher
        self._deadline = deadline
        self._answers: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._open: dict[int, Fetching] = {}
        self._done = 0

    def send(self, begin: bytes) -> None:
        """Send a batch, which the child begins when it is through with the one before. Raises
        DiedError."""
        self._child.send(begin)

    def turns(self) -> Iterator[wire.Turn]:
        """Each turn of the oldest batch that was sent. The child already works on when one is
        given, if it can.

        Ends early when the deadline passes while the child waits. Raises DiedError, whose `at`
        counts from the first event without a result.
        """
        self._done = 0
        while True:
            turn = self._turn()
            for request in turn.requests:
                self._start(request)
            if turn.state == "more":
                self._child.send(wire.frame("C", b""))
            yield turn
            if turn.state == "done":
                return
            if turn.state == "waiting":
                told = self._awaited(turn.due)
                if told is None:
                    return
                self._child.send(told)

    def close(self) -> None:
        """Give up the requests that are under way."""
        for fetching in self._open.values():
            fetching.cancel()
        self._open.clear()

    def _turn(self) -> wire.Turn:
        try:
            letter, payload = self._child.receive(self._limits.busy_seconds, self._deadline)
        except DiedError as died:
            if died.at is not None:
                died.at = died.at - self._done if died.at >= self._done else None
            raise
        if letter != "R":
            self._child.kill()
            raise wire.died_of(letter, payload, self._done)
        try:
            turn = wire.turn(payload)
        except ValueError as error:
            self._child.kill()
            raise DiedError(Failure.CRASH, f"The child cannot be understood: {error}") from None
        self._done += turn.count
        return turn

    def _start(self, request: wire.Request) -> None:
        if self._fetcher is None:
            self._answers.put((request.id, refused("fetch is switched off here.")))
            return

        def answered(answer: bytes) -> None:
            self._answers.put((request.id, answer))

        self._open[request.id] = self._fetcher.start(request, self._limits, answered)

    def _awaited(self, due: float | None) -> bytes | None:
        """The next thing that the child waits for: an answer, or a timer. None: out of time."""
        if due is None and not self._open and self._answers.empty():
            self._child.kill()
            raise DiedError(Failure.CRASH, "The function's child waits for nothing.")
        left = self._deadline - time.monotonic()
        wait = left if due is None else min(due, left)
        try:
            number, answer = self._answers.get(timeout=max(wait, 0.0))
        except queue.Empty:
            return None if due is None or left <= due else wire.frame("T", b"")
        self._open.pop(number, None)
        return wire.frame("A", str(number).encode() + b"\n" + answer)
