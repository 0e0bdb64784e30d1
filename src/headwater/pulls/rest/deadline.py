"""Ends the connection of an answer that is not whole in time, however slowly it drips."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any


class Deadline:
    """Of the requests of one client, one after another. `has_passed` tells of the last one."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.has_passed = False

    def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Learn of connections, as a request's `trace` extension."""
        if name.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the connection when what is done here takes longer."""
        self.has_passed = False
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        self.has_passed = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes who reads, unlike close
