"""The pipeline role."""

import socket
import threading

from headwater.app.log import open_log
from headwater.cleaning import geoip
from headwater.kit.clock import SystemClock
from headwater.settings import Settings
from headwater.workers import pipeline


def run(settings: Settings, stop: threading.Event, listening: socket.socket | None) -> None:  # noqa: ARG001
    """Lead what was collected to the loader until told to stop."""
    log = open_log(settings)
    geoip.FOLDER.move(settings.geoip_folder)
    try:
        pipeline.run(settings, log, SystemClock(), stop)
    finally:
        log.close()
