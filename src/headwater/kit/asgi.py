"""Serving an ASGI application on a unix socket, until told to stop."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Protocol

import uvicorn
from starlette.types import ASGIApp


class Stop(Protocol):
    """Says when to stop, such as a threading.Event."""

    def is_set(self) -> bool: ...


def serve_on_unix_socket(
    application: ASGIApp,
    path: Path,
    stop: Stop,
    *,
    drain_seconds: float,
    beside: Callable[[], Coroutine[None, None, None]] | None = None,
) -> None:
    """Serve until `stop` is set; then finish the answers under way, for so long, and return.

    The socket is for its owner alone. One that an earlier process left is replaced. `beside` runs
    in the same loop, and is cancelled at the end.
    """
    config = uvicorn.Config(
        application,
        loop="uvloop",
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
    )
    listening = _bound(path)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(_Server(config, stop), listening, beside))
    finally:
        listening.close()


async def _serve(
    server: uvicorn.Server,
    listening: socket.socket,
    beside: Callable[[], Coroutine[None, None, None]] | None,
) -> None:
    task = None if beside is None else asyncio.create_task(beside())
    try:
        await server.serve([listening])
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to its caller and stops when told."""

    def __init__(self, config: uvicorn.Config, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        return self._stop.is_set() or await super().on_tick(counter)


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    listening.listen(256)
    return listening
