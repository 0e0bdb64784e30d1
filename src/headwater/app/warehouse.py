"""The warehouse role."""

import socket
import threading

from headwater.app.log import open_log
from headwater.app.resting import open_warehouses
from headwater.kit.clock import SystemClock
from headwater.settings import Settings
from headwater.workers import warehouse
from headwater.workers.loader import LoaderWorker
from headwater.workers.merger import MergeWorker
from headwater.workspaces.snapshot import PublishedConfiguration


def run(settings: Settings, stop: threading.Event, listening: socket.socket | None) -> None:  # noqa: ARG001
    """Load the warehouses and answer from them until told to stop."""
    log = open_log(settings)
    published = PublishedConfiguration(settings.data_dir)
    try:
        opened = open_warehouses(settings)
        loader = LoaderWorker(log, opened, published.current, settings, SystemClock())
        merger = MergeWorker(opened, PublishedConfiguration(settings.data_dir).current, stop.wait)
        warehouse.run(settings, opened, loader, merger, stop)
    finally:
        log.close()
