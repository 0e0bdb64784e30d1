"""The baselines of the collector: the same HTTP server answering a constant, and a bare disk."""

import asyncio
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

_ANSWER = b'{"success":true}'


async def _constant(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"16")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})


def _serve(listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        _constant,
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="error",
        lifespan="off",
    )
    asyncio.run(uvicorn.Server(config).serve([listening]))


@contextmanager
def constant_server() -> Iterator[str]:
    """The address of a uvicorn that reads each body and answers the same sixteen bytes."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        process = get_context("fork").Process(target=_serve, args=(listening,), daemon=True)
        process.start()
        time.sleep(1.0)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.kill()
            process.join()


def raw_appends(folder: Path, body: bytes, *, waiting: int = 64, seconds: float = 2.0) -> float:
    """Records a second that one thread appends and syncs, `waiting` of them at a time."""
    group = body * waiting
    count, end = 0, time.perf_counter() + seconds
    with tempfile.TemporaryFile(dir=folder) as file:
        start = time.perf_counter()
        while time.perf_counter() < end:
            file.write(group)
            file.flush()
            os.fdatasync(file.fileno())
            count += waiting
    return count / (time.perf_counter() - start)


class Others:
    """The cores that other work used while something was measured (a busy machine shows)."""

    def __init__(self) -> None:
        self._start = (_busy(), time.perf_counter())
        self._own = 0.0
        self._lock = threading.Lock()

    def cores(self, own_cpu_seconds: float) -> float:
        busy, start = self._start
        return max(0.0, (_busy() - busy - own_cpu_seconds) / (time.perf_counter() - start))


def _busy() -> float:
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / os.sysconf("SC_CLK_TCK")
