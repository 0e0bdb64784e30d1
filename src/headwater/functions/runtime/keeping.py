"""The child of one program: started when it is needed, replaced when it is dead, old or large."""

import time
from typing import Final

import msgspec

from headwater.functions.runtime import wire
from headwater.functions.runtime.masking import Masks
from headwater.functions.runtime.model import Failed, Failure, Limits, Loaded, Program
from headwater.functions.runtime.process import ChildProcess
from headwater.functions.runtime.wire import DiedError

_FULL: Final = 0.8
"""A child that holds so much of its memory between two batches is replaced."""
_LOOK_EVERY: Final = 16
_WRAPPED: Final = len("(function(){")
"""What stands before the code on its first line."""


class Keeper:
    """Keeps at most one child."""

    def __init__(self, program: Program, limits: Limits, masks: Masks) -> None:
        self.loaded = Loaded()
        self._program = program
        self._limits = limits
        self._masks = masks
        self._child: ChildProcess | None = None
        self._runs = 0

    @property
    def pid(self) -> int | None:
        """The child's process, if there is one."""
        return None if self._child is None else self._child.pid

    def ready(self, deadline: float) -> ChildProcess | None:
        """A child that holds the program; None when the program does not load: see `loaded`.

        Raises DiedError when none can be had before the deadline (of time.monotonic).
        """
        if self._child is not None and not self._child.is_alive:
            self.drop()
        if self._child is None:
            self._runs = 0
            self._child = ChildProcess(self._limits.memory_bytes)
            try:
                self._child.send(wire.load(self._program, self._limits))
                self.loaded = self._masks.loaded(self._read_loaded(self._child, deadline))
            except DiedError:
                self.drop()
                raise
        return None if self.loaded.failed else self._child

    def load(self) -> Loaded:
        """What the program holds, or why it does not load."""
        try:
            self.ready(time.monotonic() + self._limits.load_seconds)
        except DiedError as died:
            return Loaded(failed=self._masks.failed(died.failed))
        return self.loaded

    def retire(self) -> None:
        """Called after a run: let the child go when it has run often, or has become large."""
        child = self._child
        if child is None:
            return
        self._runs += 1
        is_old = self._runs >= self._limits.runs
        looks = self._runs % _LOOK_EVERY == 0
        if is_old or (looks and child.memory() > _FULL * self._limits.memory_bytes):
            self.drop()

    def drop(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _read_loaded(self, child: ChildProcess, deadline: float) -> Loaded:
        letter, payload = child.receive(self._limits.load_seconds, deadline)
        if letter == "L":
            return msgspec.json.decode(payload, type=Loaded)
        if letter == "S":
            return Loaded(failed=unparsed(payload.decode(), self._program.code))
        raise wire.died_of(letter, payload)


def unparsed(message: str, code: str) -> Failed:
    """Why the code does not parse, from what V8 says: `<anonymous>:LINE: SyntaxError: …`. What is
    missing at its end is found after it."""
    head, *shown = message.split("\n")
    place, _, said = head.partition(": ")
    number = place.rpartition(":")[2]
    line = min(int(number), code.count("\n") + 1) if number.isdigit() else 0
    said = said.removeprefix("SyntaxError: ") or head
    column = shown[1].find("^") + 1 if len(shown) > 1 else 0
    if line == 1:
        column -= _WRAPPED
    if column > 0 and number == str(line):
        said += f" (at column {column})"
    return Failed(Failure.UNUSABLE, said, "SyntaxError", line=line)
