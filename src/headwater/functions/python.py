"""Functions in Python, for those who run Headwater themselves and trust their own code.

A module that `python_functions` names exports `on_track(event, settings)` and its like, as insert
functions in JavaScript have them: what is returned goes on, None or DropEvent leaves the event out,
any other exception keeps it in quarantine. It may have `SOURCES`, the slugs that it is for (none:
all), and `SETTINGS`, what its handlers get. It runs in the pipeline's own process: nothing bounds
its time, its memory or what it does.
"""

import importlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from headwater.errors import HeadwaterError
from headwater.functions.errors import DropEvent, RetryError
from headwater.functions.shaping import put_back, shaped
from headwater.kit.logging import logger
from headwater.pipeline.event import Drop, Event, Quarantine, Verdict
from headwater.pipeline.program import Memory, Stage
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason
from headwater.workspaces.model import Source

Handler = Callable[[dict[str, Any], Mapping[str, Any]], Any]
_RETRIES: Final = 2
_log = logger("functions")


class PythonFunction(msgspec.Struct, frozen=True):
    """The handlers of a module, by the type of event."""

    module: str
    handlers: Mapping[str, Handler]
    sources: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = {}


def loaded(names: Sequence[str]) -> tuple[PythonFunction, ...]:
    """The functions of the modules with these names. Raises HeadwaterError, which names one that
    cannot be used: events are not to pass without it."""
    return tuple(_loaded(name) for name in names)


def _loaded(name: str) -> PythonFunction:
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise HeadwaterError(
            f"python_functions: {name!r} cannot be imported: {type(error).__name__}: {error}.",
            hint="Put it where Python finds it (PYTHONPATH), or take it off the option.",
            code="python_function_unusable",
        ) from error
    handlers = {
        kind: handler
        for kind in EVENT_TYPES
        if callable(handler := getattr(module, f"on_{kind}", None))
    }
    if not handlers:
        raise HeadwaterError(
            f"python_functions: {name!r} has no handler.",
            hint="Define on_track(event, settings), on_identify, on_page, on_screen, on_group or "
            "on_alias.",
            code="python_function_unusable",
        )
    _log.info("python.loaded", module=name, handlers=sorted(handlers))
    return PythonFunction(
        name,
        handlers,
        frozenset(getattr(module, "SOURCES", ())),
        dict(getattr(module, "SETTINGS", {})),
    )


class PythonStage:
    """One module, over the events of a source."""

    def __init__(self, function: PythonFunction, memory: Memory) -> None:
        self.name = f"function:{function.module}"
        self.touched: Counter[str] = Counter()
        self._function = function
        self._memory = memory
        self._drop = Drop(self.name)

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Call the handlers one event after the other."""
        if self._memory.is_reminding or self._memory.is_looking:
            return [None] * len(events)
        return [self._decided(event) for event in events]

    def _decided(self, event: Event) -> Verdict:
        handler = self._function.handlers.get(event.type)
        if handler is None:
            return None
        text = msgspec.json.encode(shaped(event))
        verdict: Verdict
        try:
            after = self._called(handler, text)
        except DropEvent:
            verdict = self._drop
        except Exception as error:
            what = f"{type(error).__name__}: {error}"[:400]
            verdict = Quarantine(Reason.FUNCTION_ERROR, f"`{self._function.module}`: {what}")
        else:
            returned = _text_of(after)
            if after is None:
                verdict = self._drop
            elif returned == text:
                return None
            else:
                verdict = self._put_back(event, text, returned)
        self.touched[self.name] += 1
        return verdict

    def _called(self, handler: Handler, text: bytes) -> Any:
        for _ in range(_RETRIES):
            try:
                return handler(msgspec.json.decode(text), self._function.settings)
            except RetryError:
                continue
        return handler(msgspec.json.decode(text), self._function.settings)

    def _put_back(self, event: Event, before: bytes, returned: bytes) -> Verdict:
        after = msgspec.json.decode(returned) if returned else None
        if not isinstance(after, dict):
            return Quarantine(
                Reason.FUNCTION_ERROR,
                f"`{self._function.module}` returned something else than an event.",
            )
        return put_back(event, msgspec.json.decode(before), after)


def _text_of(value: Any) -> bytes:
    """A value as JSON; empty for what has none."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        return b""


def python_stages(
    functions: Sequence[PythonFunction], source: Source, memory: Memory
) -> list[Stage]:
    """A stage for each module that is for a source, in the order of the option."""
    return [
        PythonStage(function, memory)
        for function in functions
        if not function.sources or source.slug in function.sources
    ]
