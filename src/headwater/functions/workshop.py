"""Where a process runs functions: the sandboxes that it has, and who is told what was done.

There is one in each process that runs functions, like its loggers and metrics: the stages of the
pipeline, of the debugger and of trials are made from the published configuration alone, and find
here what they are run with.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import xxhash

from headwater.errors import HeadwaterError, SettingsError
from headwater.functions.model import Ready, ResourceType
from headwater.functions.python import PythonFunction, loaded
from headwater.functions.runs import Recorder, Run
from headwater.functions.runtime.model import Health, Kind, Limits, Loaded, Program, Result
from headwater.functions.runtime.sandbox import Sandbox
from headwater.functions.runtime.sandboxes import Sandboxes
from headwater.kit.addresses import FetchPolicy, Gate
from headwater.kit.clock import Clock, SystemClock
from headwater.kit.logging import logger
from headwater.settings import Settings

MOST_SANDBOXES: Final = 32
"""So many functions have a child process where events pass; others wait for theirs."""
MOST_BESIDE: Final = 4
"""And where they are only looked at."""
LOAD_SECONDS: Final = 8.0
"""A child takes a tenth of a second to start, and much longer on a machine that is very busy."""
MOST_TRIALS: Final = 2
"""So many trials run at once; others wait for them."""


class Workshop:
    """Runs functions, for any number of threads. `records` says whether runs are noted."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        fetch: FetchPolicy | None = None,
        recorder: Recorder | None = None,
        python: Sequence[PythonFunction] = (),
        clock: Clock | None = None,
        most: int = MOST_SANDBOXES,
    ) -> None:
        self.limits = limits or Limits()
        self.clock = clock or SystemClock()
        self.python = tuple(python)
        self._fetch = fetch or FetchPolicy()
        self._recorder = recorder
        self._sandboxes = Sandboxes(fetch=self._fetch, most=most)
        self._trials = threading.BoundedSemaphore(MOST_TRIALS)
        self._used: set[str] = set()
        self._lock = threading.Lock()

    @property
    def records(self) -> bool:
        return self._recorder is not None

    def run(self, ready: Ready, events: Sequence[dict[str, Any]]) -> list[Result]:
        """What a connected function makes of some events, or of some requests. Its sandbox stays
        open for the next ones."""
        return self.run_prepared(prepared(ready), events)

    def run_prepared(self, prepared: "Prepared", events: Sequence[dict[str, Any]]) -> list[Result]:
        """The same, of a function that is given events often."""
        return self._sandbox(prepared).run(events)

    def changes(self, prepared: "Prepared", events: Sequence[dict[str, Any]]) -> list[Result]:
        """The same, with a patch in place of an event that was changed."""
        return self._sandbox(prepared).changes(events)

    def stream(
        self,
        prepared: "Prepared",
        events: Sequence[Any],
        shape: Callable[[Any], dict[str, Any]],
    ) -> Iterator[tuple[Sequence[dict[str, Any]], list[Result]]]:
        """The same piece by piece, with the events as `shape` makes them: see `Sandbox.stream`."""
        return self._sandbox(prepared).stream(events, shape)

    def _sandbox(self, prepared: "Prepared") -> Sandbox:
        with self._lock:
            self._used.add(prepared.name)
        return self._sandboxes.of(prepared.name, prepared.program, self.limits)

    def tried(
        self, program: Program, events: Sequence[dict[str, Any]], handler: str = ""
    ) -> list[Result]:
        """What a function makes of some events in a sandbox of its own, which is closed then."""
        with self._trials, Sandbox(program, self.limits, fetch=self._fetch) as sandbox:
            if handler == "onBatch":
                return list(sandbox.run_batch(events))
            return list(sandbox.run(events, handler=handler) if handler else sandbox.run(events))

    def loaded(self, program: Program) -> Loaded:
        """What the code holds, or why it does not load."""
        with self._trials, Sandbox(program, self.limits, fetch=self._fetch) as sandbox:
            return sandbox.load()

    def health(self) -> Mapping[str, Health]:
        """How the functions do that have a sandbox, by its name."""
        return self._sandboxes.health()

    def note(self, run: Run) -> None:
        """Keep what was done."""
        if self._recorder is not None:
            self._recorder.note(run)

    def keep(self, needed: Iterable[Ready]) -> None:
        """Close the sandboxes of all other functions."""
        names = {name_of(ready) for ready in needed}
        with self._lock:
            gone = self._used - names
            self._used &= names
        for name in gone:
            self._sandboxes.close_one(name)

    def close(self) -> None:
        """Close everything."""
        self._sandboxes.close()
        if self._recorder is not None:
            self._recorder.close()


class Prepared(msgspec.Struct, frozen=True):
    """A connected function as it is run, and the name of its sandbox."""

    name: str
    program: Program


def prepared(ready: Ready) -> Prepared:
    return Prepared(name_of(ready), program_of(ready))


def name_of(ready: Ready) -> str:
    """The name of a connected function's sandbox, which also says with which code and settings."""
    content = msgspec.json.encode((ready.code, ready.resource_type, ready.values), order="sorted")
    return f"{ready.instance_id}:{xxhash.xxh3_128_hexdigest(content)}"


_KINDS: Final[Mapping[ResourceType, Kind]] = {
    ResourceType.SOURCE: Kind.SOURCE,
    ResourceType.DESTINATION: Kind.DESTINATION,
}


def program_of(ready: Ready) -> Program:
    """A connected function as it is run."""
    return program(ready.resource_type, ready.code, ready.settings, ready.secrets or {})


def program(
    resource_type: ResourceType,
    code: str,
    settings: Mapping[str, Any] = {},
    secrets: Mapping[str, Any] = {},
) -> Program:
    """Code with its settings. The texts in `secrets` never appear in what it logs."""
    return Program(
        code,
        _KINDS.get(resource_type, Kind.INSERT),
        {**settings, **secrets},
        tuple(text for value in secrets.values() for text in _texts(value)),
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


_current: Workshop | None = None
_making: Final = threading.Lock()


def current() -> Workshop:
    """The workshop of this process: one that notes nothing, where none was opened."""
    global _current  # noqa: PLW0603 (one a process)
    with _making:
        if _current is None:
            _current = Workshop()
        return _current


@contextmanager
def opened(settings: Settings, clock: Clock, *, records: bool) -> Iterator[Workshop]:
    """The workshop of this process, by its settings; `records` notes runs in the data folder.

    Raises HeadwaterError for a function in Python that cannot be used where events pass, which
    is where runs are recorded; elsewhere such a function is left out.
    """
    global _current  # noqa: PLW0603
    workshop = _made(settings, clock, records=records)
    with _making:
        _current, before = workshop, _current
    try:
        yield workshop
    finally:
        with _making:
            _current = before
        workshop.close()


def _made(settings: Settings, clock: Clock, *, records: bool) -> Workshop:
    try:
        Gate(fetch_of(settings))
    except ValueError as error:
        raise SettingsError([f"function_fetch_allowed: {error}"]) from None
    return Workshop(
        limits=limits_of(settings),
        fetch=fetch_of(settings),
        recorder=Recorder(settings.data_dir) if records else None,
        python=_python(settings, is_required=records),
        clock=clock,
        most=MOST_SANDBOXES if records else MOST_BESIDE,
    )


def _python(settings: Settings, *, is_required: bool) -> tuple[PythonFunction, ...]:
    try:
        return loaded(settings.python_functions)
    except HeadwaterError as error:
        if is_required:
            raise
        logger("functions").error("python.left_out", error=error.message)
        return ()


def limits_of(settings: Settings) -> Limits:
    """How far functions may go."""
    return Limits(
        event_seconds=settings.function_event_seconds,
        batch_seconds=settings.function_batch_seconds,
        load_seconds=LOAD_SECONDS,
        fetch_seconds=min(Limits().fetch_seconds, settings.function_event_seconds),
        memory_bytes=settings.function_memory_bytes,
    )


def fetch_of(settings: Settings) -> FetchPolicy:
    """What functions may call."""
    return FetchPolicy(allowed=tuple(settings.function_fetch_allowed))
