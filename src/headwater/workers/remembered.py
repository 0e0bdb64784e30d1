"""The programs of events that come one after the other, and what their stages remember of them."""

from collections.abc import Callable, Iterable
from typing import Final

from headwater.functions.stages import keep_needed
from headwater.governing import compile_program
from headwater.pipeline.batch import process
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Memory, Programs
from headwater.ports import Stored
from headwater.workspaces.model import Configuration

REQUESTS: Final = 20_000
BYTES: Final = 32_000_000
"""As much as is led through again, at the most, for stages to remember it."""


class Remembered:
    """The programs of the newest configuration. Their stages remember what they did before, also
    before a restart: they are shown the last requests again."""

    def __init__(
        self, last: Callable[[], Iterable[Stored]], limits: Limits, most_events: int
    ) -> None:
        """`last` reads the requests that were led through last, the newest first."""
        self._last = last
        self._limits = limits
        self._most_events = most_events
        self._governed: Configuration | None = None  # what the programs were made of
        self._programs = NO_PROGRAMS
        self._memory = Memory()
        self._is_reminded = False

    def of(self, configuration: Configuration) -> Programs:
        if configuration is not self._governed:
            self._memory.keep_asked()
            self._programs = compile_program(configuration, self._memory)
            self._governed = configuration
            keep_needed(configuration)
        if not self._is_reminded:
            self._is_reminded = True
            self._remind(configuration)
        return self._programs

    def forget(self) -> None:
        """Forget everything: what was last may not have been done."""
        self._memory.forget()
        self._governed = None
        self._is_reminded = False

    def _remind(self, configuration: Configuration) -> None:
        """Let the stages that remember see again the requests that were led through last."""
        for source in configuration.sources:
            self._programs.of(source.id)
        if not self._memory.is_used:
            return
        requests, sources = list(self._last())[::-1], configuration.by_id()
        self._memory.is_reminding = True
        try:
            while requests:
                batch = process(
                    requests[: self._most_events],
                    sources,
                    self._limits,
                    after={},
                    programs=self._programs,
                )
                requests = requests[batch.requests :]
        finally:
            self._memory.is_reminding = False
