"""A load driver lighter than the server it loads: raw HTTP/1.1 on asyncio protocols.

Closed loop: each connection sends its next request when the last is answered. At a set rate:
requests are due by the clock, latency counts from when each was due (so that a stall of the
server shows in full: no coordinated omission).
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import cast

import msgspec
import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Load(msgspec.Struct, frozen=True):
    """What a run of the driver saw. Latencies in milliseconds, CPU in seconds."""

    requests: int
    refused: int
    seconds: float
    p50: float
    p99: float
    worst: float
    driver_cpu: float

    @property
    def rate(self) -> float:
        """Requests answered with 200, by second."""
        return self.requests / self.seconds


class _Connection(asyncio.Protocol):
    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._due = 0.0
        self._left = 0
        self._good = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def send(self, due: float) -> None:
        self._due = due
        if self.transport is not None:
            self.transport.write(self._run.make())

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            end = data.index(b"\r\n\r\n") + 4
            self._good = data.startswith(b"HTTP/1.1 200")
            found = _LENGTH.search(data, 0, end)
            self._left = end + int(found[1] if found else 0) - len(data)
        if not self._left:
            self._run.answered(self, self._good, self._due)

    def connection_lost(self, _: Exception | None) -> None:
        self._run.lost(self)


class _Run:
    def __init__(self, make: Callable[[], bytes], seconds: float, rate: float | None) -> None:
        self.make = make
        self.latencies: list[float] = []
        self.refused = 0
        self._rate = rate
        self._end = time.perf_counter() + seconds
        self._idle: deque[_Connection] = deque()
        self._due: deque[float] = deque()
        self.open = 0
        self.done = asyncio.get_running_loop().create_future()

    def begin(self, connections: list[_Connection]) -> None:
        self.open = len(connections)
        if self._rate is None:
            for connection in connections:
                connection.send(time.perf_counter())
        else:
            self._idle.extend(connections)
            self._next_due = time.perf_counter()
            self._tick()

    def _tick(self) -> None:
        now = time.perf_counter()
        if now >= self._end:
            self._finish_when_quiet()
            return
        step = 1.0 / (self._rate or 1.0)
        while self._next_due <= now:
            self._due.append(self._next_due)
            self._next_due += step
        while self._due and self._idle:
            self._idle.popleft().send(self._due.popleft())
        asyncio.get_running_loop().call_later(0.001, self._tick)

    def answered(self, connection: _Connection, good: bool, due: float) -> None:
        now = time.perf_counter()
        if good:
            self.latencies.append(now - due)
        else:
            self.refused += 1
        if self._rate is None and now < self._end:
            connection.send(now)
        elif self._rate is not None and self._due and now < self._end:
            connection.send(self._due.popleft())
        else:
            self._idle.append(connection)
            self._finish_when_quiet()

    def lost(self, connection: _Connection) -> None:
        self.open -= 1
        if connection in self._idle:
            self._idle.remove(connection)
        self._finish_when_quiet()

    def _finish_when_quiet(self) -> None:
        over = time.perf_counter() >= self._end
        if over and len(self._idle) >= self.open and not self.done.done():
            self.done.set_result(None)


async def _drive(
    host: str, port: int, make: Callable[[], bytes], load: tuple[float, int, float | None]
) -> Load:
    seconds, connections, rate = load
    loop = asyncio.get_running_loop()
    run = _Run(make, seconds, rate)
    opened = [
        (await loop.create_connection(lambda: _Connection(run), host, port))[1]
        for _ in range(connections)
    ]
    cpu, start = time.process_time(), time.perf_counter()
    run.begin(opened)
    try:
        await asyncio.wait_for(run.done, seconds + 30)
    finally:
        took, used = time.perf_counter() - start, time.process_time() - cpu
        for connection in opened:
            if connection.transport is not None:
                connection.transport.close()
    ordered = sorted(run.latencies) or [0.0]
    return Load(
        requests=len(run.latencies),
        refused=run.refused,
        seconds=took,
        p50=ordered[len(ordered) // 2] * 1000,
        p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000,
        worst=ordered[-1] * 1000,
        driver_cpu=used,
    )


def drive(
    url: str,
    make: Callable[[], bytes],
    *,
    seconds: float,
    connections: int = 64,
    rate: float | None = None,
) -> Load:
    """Load a server with `make()`'s requests, in closed loop or at `rate` requests a second."""
    host, port = url.removeprefix("http://").split(":")
    return uvloop.run(_drive(host, int(port), make, (seconds, connections, rate)))
