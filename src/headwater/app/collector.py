"""The collector role: the public port."""

import socket
import threading

from headwater.app.log import open_log
from headwater.collect import server
from headwater.kit.clock import SystemClock
from headwater.settings import Settings
from headwater.workspaces.snapshot import PublishedConfiguration


def run(settings: Settings, stop: threading.Event, listening: socket.socket | None) -> None:
    """Take events until told to stop."""
    log = open_log(settings)
    try:
        server.run(
            settings,
            log,
            PublishedConfiguration(settings.data_dir),
            SystemClock(),
            listening=listening,
            stop=stop,
        )
    finally:
        log.close()
