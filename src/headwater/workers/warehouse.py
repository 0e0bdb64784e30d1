"""The warehouse role: loads what was accepted and answers questions about it."""

import threading
import time
from typing import Any, Final, Protocol

from headwater.errors import HeadwaterError
from headwater.kit.asgi import serve_on_unix_socket
from headwater.kit.logging import logger
from headwater.kit.service import Service, run_forever
from headwater.kit.sockets import socket_path
from headwater.queries.served import ServedWarehouse
from headwater.settings import Settings
from headwater.workers.warehouse_server import application

_MERGE_SECONDS: Final = 2.0
"""So long the end waits for what is merged: the rest is at the next start."""


class OpenWarehouse(ServedWarehouse, Protocol):
    """A warehouse that this role holds open."""

    def checkpoint(self) -> None:
        """Write to the files what only the write-ahead logs have."""
        ...

    def close(self) -> None: ...


def run(
    settings: Settings,
    warehouse: OpenWarehouse,
    loader: Service,
    merger: Service,
    stop: threading.Event,
) -> None:
    """Load and answer until `stop` is set; then load what remains, checkpoint and close.

    The loader, what merges people, and each question have a thread of their own, so that none
    waits for the others. What the drain's time does not suffice for is loaded at the next start.
    """
    log = logger("warehouse")
    loading = threading.Thread(
        target=run_forever,
        args=(loader, stop),
        kwargs={"idle_seconds": settings.load_interval_seconds},
        name="loader",
    )
    merging = threading.Thread(
        target=run_forever,
        args=(merger, stop),
        kwargs={"idle_seconds": settings.load_interval_seconds},
        name="merger",
    )
    loading.start()
    merging.start()
    asgi: Any = application(warehouse)
    try:
        serve_on_unix_socket(
            asgi,
            socket_path(settings.data_dir, "warehouse"),
            stop,
            drain_seconds=settings.drain_seconds,
        )
    finally:
        stop.set()
        loading.join()
        merging.join()
        try:
            drain(loader, seconds=settings.drain_seconds)
            drain(merger, seconds=_MERGE_SECONDS)
            warehouse.checkpoint()
        finally:
            warehouse.close()
            log.info("warehouse.closed")


def drain(loader: Service, *, seconds: float) -> None:
    """Load until nothing waits, for so long at most; a failure is logged and ends it."""
    end = time.monotonic() + seconds
    try:
        while loader.run_once() and time.monotonic() < end:
            pass
    except HeadwaterError as error:
        logger("warehouse").warning("warehouse.drain_failed", error=error.message)
