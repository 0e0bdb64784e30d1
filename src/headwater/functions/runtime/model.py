"""A function's program, its limits, and what becomes of an event that was given to it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """What a function is for, which says how its handlers are called."""

    SOURCE = "source"
    """`onRequest(request, settings)` makes events of a request."""
    INSERT = "insert"
    """`onTrack(event, settings)` and its like return the event that goes on."""
    DESTINATION = "destination"
    """The same handlers deliver the event; what they return is not looked at."""


class Program(msgspec.Struct, frozen=True):
    """A function's code and its settings. Values in `secrets` never appear in what it logs."""

    code: str
    kind: Kind = Kind.INSERT
    settings: dict[str, Any] = {}
    secrets: tuple[str, ...] = ()


class Limits(msgspec.Struct, frozen=True):
    """How far a function may go. Sizes are bytes."""

    event_seconds: float = 5.0
    """One event may take so long, waiting for `fetch` included."""
    busy_seconds: float = 1.0
    """It may keep the processor busy for so long without a pause: then the child is killed."""
    batch_seconds: float = 10.0
    """A batch may take so long; what is left of it then fails as out of time."""
    load_seconds: float = 3.0
    """The code may take so long to load: what stands outside of its handlers."""
    memory_bytes: int = 192_000_000
    """The child's memory, without what it shares with others; an empty one takes about 40 MB."""
    output_bytes: int = 1_000_000
    """What one event may become."""
    output_depth: int = 100
    """How deep it may be nested."""
    log_lines: int = 20
    """Lines that are kept of one event."""
    log_characters: int = 1_000
    """Of a line, a message or a stack."""
    fetches: int = 50
    """Requests that one event may make."""
    fetch_seconds: float = 4.0
    fetch_request_bytes: int = 1_000_000
    fetch_response_bytes: int = 1_000_000
    runs: int = 10_000
    """After so many batches the child is replaced."""


class Failure(StrEnum):
    """Why an event failed in a function."""

    ERROR = "error"
    """The code threw something."""
    UNSUPPORTED = "unsupported"
    """It threw EventNotSupported, or a destination function has no handler for the type."""
    INVALID = "invalid"
    """It threw InvalidEventPayload or ValidationError."""
    RETRY = "retry"
    """It threw RetryError: the same event may succeed later."""
    OUTPUT = "output"
    """What it returned is no event, or too large."""
    TIMEOUT = "timeout"
    """The event took longer than it may."""
    MEMORY = "memory"
    """The child took more memory than it may."""
    CRASH = "crash"
    """The child ended by itself."""
    OUT_OF_TIME = "out_of_time"
    """The function used up its time, and the event was not given to it."""
    RESTING = "resting"
    """The function failed too often lately, and the event was not given to it."""
    UNUSABLE = "unusable"
    """The code does not load."""


class Failed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A failure, said so that the function's author can mend it.

    `name` is the thrown error's class, `line` (from 1; 0 when not known) the place in the code.
    """

    kind: Failure
    message: str = ""
    name: str = ""
    stack: str = ""
    line: int = 0
    is_retryable: bool = False


class Line(msgspec.Struct, frozen=True):
    """A line that a function logged by `console`."""

    level: str
    text: str


class Patch(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How a returned event differs from the one that was given: by its members."""

    set: dict[str, Any] = {}
    gone: tuple[str, ...] = ()

    def applied(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event as it was returned."""
        found = {**event, **self.set}
        for name in self.gone:
            found.pop(name, None)
        return found


class Result(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one event.

    `events` is None where the event goes on exactly as it was given; otherwise what takes its
    place. `dropped` (a reason, perhaps empty) and `failed` exclude each other and `events`. Where
    changes are asked for (`Sandbox.changes`), `patch` stands for one event that was changed.
    """

    events: tuple[dict[str, Any], ...] | None = None
    dropped: str | None = None
    failed: Failed | None = None
    logs: tuple[Line, ...] = ()
    milliseconds: float = 0.0
    patch: Patch | None = None


UNCHANGED = Result()


class Loaded(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the code holds: the names of its handlers, or why it does not load."""

    handlers: tuple[str, ...] = ()
    failed: Failed | None = None
    logs: tuple[Line, ...] = ()


class State(StrEnum):
    """Whether a function is given events."""

    READY = "ready"
    RESTING = "resting"


class Health(msgspec.Struct, frozen=True):
    """How a function does. `rests_for` is the seconds until it is tried again."""

    state: State = State.READY
    rests_for: float = 0.0
    deaths: int = 0
    """So many children were killed or crashed."""
    reason: str = ""
    seconds: float = 0.0
    """The time that it has taken so far."""
    events: int = 0
