"""The frames between a function's child and its parent: four bytes of length, a letter, a payload.

To the child: `L` load, `B` begin a batch, `C` continue, `A` an answer to a request, `T` a timer is
due. From it: `L` loaded, `S` the code does not parse, `R` results, `M` out of memory, `X` the
runner itself failed, `P` which event runs.
"""

import secrets
import struct
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from headwater.functions.runtime.model import Failed, Failure, Limits, Program, Result

HEAD: Final = struct.Struct(">IB")
LONGEST: Final = 64_000_000
"""No frame of an honest child is longer."""

_BETWEEN: Final = b",\n"  # compact JSON holds no line break: elements can be told apart by it
_RESULTS: Final = msgspec.json.Decoder(list[Result])
_RESULT: Final = msgspec.json.Decoder(Result)
_ENCODE: Final = msgspec.json.Encoder().encode


class DiedError(Exception):
    """The child is dead. `at` is the index of the event that it ran, where it is known."""

    def __init__(self, kind: Failure, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.at = at

    @property
    def failed(self) -> Failed:
        """What is told of it."""
        is_retryable = self.kind is Failure.OUT_OF_TIME
        return Failed(self.kind, self.message, is_retryable=is_retryable)


class Request(msgspec.Struct, frozen=True):
    """What a function asked for by `fetch`."""

    id: int
    url: str
    method: str = "GET"
    headers: list[tuple[str, str]] = []
    body: str | None = None
    redirect: str = "follow"


class Turn(msgspec.Struct, frozen=True):
    """What a child has to say after a turn. `due` (None: nothing is) are the seconds until it
    must be woken; `seen` are the events, by index, whose JSON JavaScript could not hold."""

    count: int
    state: str
    due: float | None
    requests: list[Request]
    results: bytes
    seen: bytes


def frame(letter: str, payload: bytes) -> bytes:
    return HEAD.pack(len(payload), ord(letter)) + payload


def load(program: Program, limits: Limits) -> bytes:
    """The frame that loads a program."""
    in_script = {
        "output": limits.output_bytes,
        "depth": limits.output_depth,
        "lines": limits.log_lines,
        "characters": limits.log_characters,
        "fetches": limits.fetches,
        "event_ms": limits.event_seconds * 1000,
    }
    head = [
        program.kind.value.encode(),
        str(limits.memory_bytes * 2 // 3).encode(),
        _ENCODE(in_script),
        _ENCODE(program.settings),
        program.code.encode("utf-8", "replace"),
    ]
    return frame("L", b"\n".join(head))


def begin(events: Sequence[bytes], handler: str, *, is_careful: bool, is_whole: bool) -> bytes:
    """The frame that begins a batch: all events as one JSON array. With `is_whole` they are given
    to the handler at once; with `is_careful` one is settled before the next begins."""
    count = 1 if is_whole else len(events)
    head = f"{count} {is_careful:d} {is_whole:d} {secrets.token_hex(32)} {handler}\n"
    return frame("B", head.encode() + b"[" + _BETWEEN.join(events) + b"]")


def encoded(events: Sequence[Any]) -> list[bytes]:
    return [_ENCODE(event) for event in events]


def turn(payload: bytes) -> Turn:
    """What stands in an `R` frame. Raises ValueError when it is not one."""
    head, rest = payload.split(b"\n", 1)
    count, state, due, requests = head.split(b" ")
    asked = []
    for _ in range(int(requests)):
        line, rest = rest.split(b"\n", 1)
        asked.append(msgspec.json.decode(line, type=Request))
    results, seen = rest.rsplit(b"\n", 1)
    wait = None if int(due) < 0 else int(due) / 1000
    return Turn(int(count), state.decode(), wait, asked, results, seen)


def results(told: Turn) -> list[Result]:
    """The results of a turn. One that cannot be read here is a failure of its own."""
    try:
        found = _RESULTS.decode(told.results)
    except (msgspec.DecodeError, RecursionError):
        lines = told.results[1:-1].split(_BETWEEN) if told.count else []
        found = [_result(line) for line in lines]
    if len(found) != told.count:
        raise ValueError(f"{len(found)} results, not {told.count}")
    return found


def _result(line: bytes) -> Result:
    try:
        return _RESULT.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"What the handler returned cannot be read: {error}"
        return Result(failed=Failed(Failure.OUTPUT, message))


def seen(told: Turn) -> dict[int, Any]:
    """By index: the event as JavaScript saw it before any code ran."""
    if len(told.seen) <= len(b"{}"):
        return {}
    return {int(index): event for index, event in msgspec.json.decode(told.seen).items()}


def died_of(letter: str, payload: bytes, done: int = 0) -> DiedError:
    """What a frame that is not the awaited one says of its child, after so many results."""
    if letter == "M":
        text = payload.decode()
        at = int(text) - done if text.isdigit() and int(text) >= done else None
        return DiedError(Failure.MEMORY, "The function took more memory than it may.", at)
    message = payload.decode("utf-8", "replace")[:500]
    return DiedError(Failure.CRASH, f"The function's child failed: {message}")
