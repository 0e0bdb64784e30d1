"""Work that goes on until it is told to stop, and processes that end with their parent."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from headwater.kit import metrics
from headwater.kit.logging import logger

_FIRST_BACK_OFF_SECONDS = 0.1
_LONGEST_BACK_OFF_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 0.5


class Service(Protocol):
    """A piece of work that can be done bit by bit; safe to run twice, safe to kill anywhere."""

    name: str

    def run_once(self) -> int:
        """Do the next bit. Returns how much was done; 0 when there was nothing to do."""
        ...


def run_forever(service: Service, stop: threading.Event, *, idle_seconds: float) -> None:
    """Run a service until `stop` is set: waiting when idle, backing off when it fails.

    A failure is logged and counted, and tried again after 0.1 s, doubling up to 5 s.
    """
    log = logger(service.name)
    back_off = _FIRST_BACK_OFF_SECONDS
    while not stop.is_set():
        try:
            done = service.run_once()
        except Exception as error:
            metrics.SERVICE_FAILURES.labels(service.name).inc()
            log.error("service.failed", error=str(error), kind=type(error).__name__, exc_info=True)
            stop.wait(back_off)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_SECONDS)
            continue
        back_off = _FIRST_BACK_OFF_SECONDS
        if not done:
            stop.wait(idle_seconds)


def exit_with_parent(end: Callable[[], None] | None = None) -> None:
    """End this process as soon as its parent is gone, also when the parent was killed.

    On Linux the kernel sends SIGKILL when the thread that started this process ends; everywhere a
    thread watches for the parent to change, and calls `end` (by default leaves at once). A parent
    that was gone before this call is not noticed: compare os.getppid() with who it should be.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    finish = end or (lambda: os._exit(1))

    def watch() -> None:
        waiting = threading.Event()
        while os.getppid() == parent:
            waiting.wait(_WATCH_SECONDS)
        finish()

    threading.Thread(target=watch, name="parent", daemon=True).start()
