"""What a run of a pull finds around it: secrets, time, the way to applications, a sign to stop."""

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from headwater.kit.clock import Clock, SystemClock


class StoppedError(Exception):
    """The run was told to stop."""


class Around(msgspec.Struct, frozen=True):
    """By default: the environment's variables, the machine's clock and network."""

    secrets: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)
    """What `${NAME}` means."""
    stop: threading.Event = msgspec.field(default_factory=threading.Event)
    """Set, it ends the run after the piece in hand; the next run goes on."""
    clock: Clock = msgspec.field(default_factory=SystemClock)
    transport: httpx.BaseTransport | None = None
    """How applications are reached."""
    pause: Callable[[float], object] | None = None
    """Waits so many seconds; by default until `stop` is set, at most."""
    look: Callable[[Mapping[str, Any]], object] | None = None
    """Is shown each record that was inserted or updated."""

    def wait(self, seconds: float) -> None:
        """Wait, at most until the run is to stop."""
        (self.pause or self.stop.wait)(seconds)
