"""The only package that chooses implementations: one file per role, imported only in its process.

So a role's process holds what its own work needs, and nothing more.
"""

import os
import signal
import socket
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from importlib import import_module
from typing import Final, Protocol

from headwater.errors import BadRequestError, ConflictError
from headwater.kit import metrics
from headwater.kit.claim import Claim
from headwater.kit.logging import configure, logger
from headwater.kit.service import exit_with_parent
from headwater.settings import Settings

ROLES: Final[Mapping[str, str]] = {
    "control": "headwater.app.control",
    "collector": "headwater.app.collector",
    "pipeline": "headwater.app.pipeline",
    "warehouse": "headwater.app.warehouse",
}


_NICENESS: Final[Mapping[str, int]] = {"pipeline": 5, "warehouse": 5}
"""Who steps back when all want the processor: an answer to an SDK goes before a fresher row."""


class RoleModule(Protocol):
    """What each role's file of this package has."""

    def run(
        self, settings: Settings, stop: threading.Event, listening: socket.socket | None
    ) -> None:
        """Have the role until `stop` is set; then finish what was begun and return."""
        ...


def run_role(
    role: str,
    settings: Settings,
    *,
    listen_fd: int | None = None,
    supervisor: int | None = None,
) -> None:
    """Have one role in this process until SIGTERM or Ctrl-C.

    `listen_fd` is a listening socket for the collector, handed over by who started this process;
    with `supervisor`, a process id, it ends at once when that process does.
    """
    if role not in ROLES:
        raise BadRequestError(f"There is no role {role!r}.", hint=f"Roles: {', '.join(ROLES)}.")
    if supervisor is not None:
        exit_with_parent()
        if os.getppid() != supervisor:
            return
    os.umask(0o077)
    os.nice(_NICENESS.get(role, 0))
    configure(settings.log_level, settings.log_format, role)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listening = None if listen_fd is None else socket.socket(fileno=listen_fd)
    module: RoleModule = import_module(ROLES[role])
    log = logger("app")
    log.info("role.started")
    metrics.ROLE_STARTS.labels(role).inc()
    try:
        # Under a supervisor this process has inherited its claim.
        with nullcontext() if supervisor else Claim(settings.data_dir, is_shared=True):
            module.run(settings, stop, listening)
    except OSError as error:
        raise ConflictError(f"The role {role} cannot run: {error}.") from error
    log.info("role.stopped")
