"""The process that reads for a connection: it tries a definition out, or carries out one run.

What is read comes from outside and may be large or slow or made to hurt; here it takes neither the
console's time nor its memory with it. Secrets reach it by its standard input alone.
"""

import os
import resource
import threading
import time
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from headwater.connections.kinds import KINDS
from headwater.connections.kinds.model import Surroundings, Task
from headwater.connections.model import MOST_SAMPLES, Figures, Sample
from headwater.connections.shape import Observed, Shape
from headwater.errors import HeadwaterError
from headwater.kit.child import heed_parent, say, task_given

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_MEMORY: Final = 2_000_000_000
_TELL_SECONDS: Final = 1.0
_LONGEST_SAMPLE: Final = 2_000


class TryOut(msgspec.Struct, tag=True, frozen=True):
    """Make events of the first rows, and send none."""

    task: Task


class Carry(msgspec.Struct, tag=True, frozen=True):
    """Carry out one run."""

    task: Task


class Far(msgspec.Struct, tag=True, frozen=True):
    """How far a run is, and what it rejected last."""

    figures: Figures
    samples: tuple[Sample, ...] = ()


class Ended(msgspec.Struct, tag=True, frozen=True):
    """A run has come to its end, or was told to stop; `shape` is that of `records` it looked at."""

    far: Far
    is_stopped: bool
    shape: Shape
    records: int


class Tried(msgspec.Struct, tag=True, frozen=True):
    """The events of the first rows."""

    events: tuple[msgspec.Raw, ...]


class Failed(msgspec.Struct, tag=True, frozen=True):
    """It cannot be done."""

    message: str
    hint: str
    code: str


Order = TryOut | Carry
Answer = Far | Ended | Tried | Failed


def main() -> None:
    """Do what stands on the first line of standard input."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    order = msgspec.json.decode(task_given(), type=Order)
    stop = threading.Event()
    heed_parent(stop.set)
    try:
        answer: Answer = _done(order, stop)
    except HeadwaterError as error:
        answer = Failed(error.message, error.hint, error.code)
    except MemoryError:
        answer = Failed("It takes more memory than there is for a connection.", "", "too_large")
    say(msgspec.json.encode(answer))


def _done(order: Order, stop: threading.Event) -> Answer:
    task = order.task
    kind = KINDS[task.kind]
    definition = kind.parse(task.definition, task.name)
    if isinstance(order, TryOut):
        return Tried(tuple(msgspec.Raw(each) for each in kind.try_out(definition, task)))
    observed = Observed()
    with httpx.Client(base_url=task.url, timeout=TIMEOUT, trust_env=False) as client:
        teller = _Teller(Path(task.rejected))
        figures = kind.run(definition, task, Surroundings(client, stop, teller.tell, observed.look))
    far = Far(figures, teller.samples())
    return Ended(far, stop.is_set(), observed.shape, observed.records)


class _Teller:
    """Says how far it is, once a second."""

    def __init__(self, rejected: Path) -> None:
        self._rejected = rejected
        self._begin = rejected.stat().st_size if rejected.exists() else 0
        self._told_at = time.monotonic()

    def tell(self, figures: Figures) -> None:
        if time.monotonic() - self._told_at >= _TELL_SECONDS:
            self._told_at = time.monotonic()
            say(msgspec.json.encode(Far(figures, self.samples() if figures.rejected else ())))

    def samples(self) -> tuple[Sample, ...]:
        """The first that this run has rejected."""
        try:
            with self._rejected.open("rb") as file:
                file.seek(min(self._begin, self._rejected.stat().st_size))
                lines = [line for line, _ in zip(file, range(MOST_SAMPLES), strict=False)]
        except FileNotFoundError:
            return ()
        return tuple(_sample(line) for line in lines if line[-1:] == b"\n")


def _sample(line: bytes) -> Sample:
    found: dict[str, Any] = msgspec.json.decode(line)
    return Sample(found["reason"][:_LONGEST_SAMPLE], found["row"][:_LONGEST_SAMPLE])


if __name__ == "__main__":
    main()
