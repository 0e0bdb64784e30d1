"""The collector role: the public port."""

import socket
import threading

from headwater.app.log import open_log
from headwater.collect import server
from headwater.kit.clock import SystemClock
from headwater.kit.vault import open_vault
from headwater.settings import Settings
from headwater.webhooks.opening import opened
from headwater.workspaces.snapshot import OpenedConfiguration


def run(settings: Settings, stop: threading.Event, listening: socket.socket | None) -> None:
    """Take events until told to stop."""
    log = open_log(settings)
    vault = open_vault(settings.data_dir, settings.secret_key)
    try:
        server.run(
            settings,
            log,
            OpenedConfiguration(settings.data_dir, lambda sealed: opened(sealed, vault)),
            SystemClock(),
            listening=listening,
            stop=stop,
        )
    finally:
        log.close()
