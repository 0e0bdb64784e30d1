"""`headwater serve`: a small process that starts the roles, restarts the dead and stops them all.

It holds the data folder and the public port, so that a restarted collector goes on where the dead
one was: connections wait in the port's queue meanwhile.
"""

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from headwater.errors import ConflictError, HeadwaterError
from headwater.kit.claim import Claim
from headwater.kit.logging import logger
from headwater.kit.sockets import socket_path
from headwater.settings import Settings, to_environment

_log = logger("supervisor")

ROLES: Final = ("control", "collector", "pipeline", "warehouse")
"""In the order of their start. They stop from the collector on, as the events flow."""

_ESSENTIAL: Final = ("control", "collector")
"""Without these no event is taken; the others may come up later, and events wait for them."""

STOP_ORDER: Final = ("collector", "pipeline", "warehouse", "control")

BACKLOG: Final = 4096
_STEADY_SECONDS = 10.0
_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 5.0
_READY_POLL_SECONDS = 0.02
_WHOLE_SECONDS = 10.0
_MOST_EARLY_DEATHS = 5

_LEAN: Final = {
    # Libraries would start a thread for each core, and the allocator an arena for each thread.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass
class Child:
    """One role's process and how it has fared."""

    role: str
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: int = 0
    delay_seconds: float = 0.0
    due_at: float | None = field(default=None)
    """When to start it again; None while it runs."""


class Supervisor:
    """Runs the roles on a claimed data folder and a bound port until told to stop."""

    def __init__(self, settings: Settings, claim: Claim, listener: socket.socket) -> None:
        self._settings = settings
        self._claim = claim
        self._listener = listener
        self._run = settings.data_dir / "run"
        self._children: dict[str, Child] = {}
        self._signals = _Signals()
        self._deaths_before_ready = 0

    def run(self, on_ready: Callable[[], None]) -> int:
        """Start, call `on_ready` once events are accepted, and run until SIGTERM or SIGINT.

        Returns the exit status: 0 after a stop, 1 where the roles cannot be brought up.
        """
        with self._signals:
            for role in ROLES:
                self._start(role)
            readiness = _Readiness(self._listener, self._settings.data_dir)
            while not self._signals.stop:
                if not readiness.reached and readiness.check():
                    self._claim.announce(url_of(self._settings, self._listener))
                    on_ready()
                if not readiness.reached and self._deaths_before_ready > _MOST_EARLY_DEATHS:
                    _log.error("supervisor.gave_up", deaths=self._deaths_before_ready)
                    self._stop(after_seconds=0)
                    return 1
                self._signals.wait(self._patience(readiness.reached))
                self._tend()
            self._stop(after_seconds=self._settings.drain_seconds)
        return 0

    def _start(self, role: str, previous: Child | None = None) -> None:
        files = [self._claim.file]
        command = [sys.executable, "-m", "headwater", "run", role]
        command += ["--supervised-by", str(os.getpid())]
        if role == "collector":
            files.append(self._listener.fileno())
            command += ["--listen-fd", str(self._listener.fileno())]
        process = subprocess.Popen(
            command,
            env=role_environment(self._settings, os.environ, self._run),
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # standard output has the one line that says ready
            process_group=0,  # Ctrl-C is for the supervisor alone
        )
        child = Child(role, process, time.monotonic())
        if previous is not None:
            child.restarts = previous.restarts + 1
            child.delay_seconds = previous.delay_seconds
        self._children[role] = child
        self._tell()

    def _tend(self) -> None:
        """Notice the dead, and start again those whose time has come."""
        now = time.monotonic()
        for role, child in list(self._children.items()):
            if child.due_at is None and child.process.poll() is not None:
                self._bury(child, now)
            if child.due_at is not None and now >= child.due_at:
                self._start(role, child)

    def _bury(self, child: Child, now: float) -> None:
        lived = now - child.started_at
        if lived >= _STEADY_SECONDS:
            child.delay_seconds = 0.0
        _log.error(
            "role.died",
            role=child.role,
            status=child.process.returncode,
            lived_seconds=round(lived, 3),
            restart_in_seconds=child.delay_seconds,
        )
        if child.role in _ESSENTIAL:
            self._deaths_before_ready += 1
        child.due_at = now + child.delay_seconds
        child.delay_seconds = min(
            _LONGEST_DELAY_SECONDS, child.delay_seconds * 2 or _FIRST_DELAY_SECONDS
        )
        for gauge in (self._run / "metrics").glob(f"gauge_live*_{child.process.pid}.db"):
            gauge.unlink(missing_ok=True)

    def _patience(self, is_ready: bool) -> float | None:
        """How long there is nothing to do unless a signal comes."""
        due = [child.due_at for child in self._children.values() if child.due_at is not None]
        waits = [max(0.0, at - time.monotonic()) for at in due]
        if not is_ready:
            waits.append(_READY_POLL_SECONDS)
        return min(waits, default=None)

    def _tell(self) -> None:
        """Keep for the health page which process has which role, and how often it died."""
        roles = {
            child.role: {"pid": child.process.pid, "restarts": child.restarts}
            for child in self._children.values()
        }
        temporary = self._run / ".roles.json"
        temporary.write_text(json.dumps(roles), "utf-8")
        temporary.replace(self._run / "roles.json")

    def _stop(self, *, after_seconds: float) -> None:
        """Stop the roles as the events flow, each when the one before it has finished its work.

        What is not finished in time is killed: the log has it, and the next start goes on there.
        """
        end = time.monotonic() + after_seconds
        self._signals.stop = False  # from now on: asked to hurry
        for role in STOP_ORDER:
            child = self._children.get(role)
            if child is None or child.process.poll() is not None:
                continue
            child.process.terminate()
            while child.process.poll() is None and not self._signals.stop:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._signals.wait(left)
            if child.process.poll() is None:
                _log.warning("role.killed", role=role, drain_seconds=after_seconds)
                child.process.kill()
                child.process.wait()


class _Signals:
    """Turns signals into something to wait for."""

    def __init__(self) -> None:
        self.stop = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        self._reader.close()
        self._writer.close()

    def wait(self, seconds: float | None) -> None:
        """Wait for a signal, at most this long."""
        if select.select([self._reader], [], [], seconds)[0]:
            self._reader.recv(4096)

    def _on_stop(self, *_: object) -> None:
        self.stop = True


class _Readiness:
    """Asks the collector whether events are kept, and then the others for a while."""

    def __init__(self, listener: socket.socket, data_dir: Path) -> None:
        self.reached = False
        host, port = listener.getsockname()[:2]
        self._address = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104
        self._others = [socket_path(data_dir, role) for role in ("control", "warehouse")]
        self._accepting_since: float | None = None

    def check(self) -> bool:
        """Whether to say that all is ready: when every role answers, or when events are kept and
        the others take too long (they are restarted until they do)."""
        if self._accepting_since is None:
            if (
                _status(http.client.HTTPConnection(*self._address, timeout=1), "/health/ready")
                != 200
            ):
                return False
            self._accepting_since = time.monotonic()
        waited = time.monotonic() - self._accepting_since
        self.reached = waited > _WHOLE_SECONDS or all(
            _status(_UnixConnection(path), "/health") is not None for path in self._others
        )
        return self.reached


class _UnixConnection(http.client.HTTPConnection):
    """HTTP through a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=1)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _status(connection: http.client.HTTPConnection, path: str) -> int | None:
    """The status of the answer to a GET; None where nobody answers."""
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return response.status


def bind(host: str, port: int) -> socket.socket:
    """The listening socket of the public port. Raises ConflictError when it is taken, and
    HeadwaterError when the host is no address of this machine."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise HeadwaterError(f"host: {host!r} is no address: {error}.") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family in (socket.AF_INET, socket.AF_INET6):
        # Its connections inherit it: an answer in two writes would wait 40 ms for its second.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConflictError(
            f"Port {port} of {host} cannot be taken: {error.strerror}.",
            hint="Another program may have it: choose another with --port.",
            code="port_in_use",
        ) from error
    return listener


def url_of(settings: Settings, listener: socket.socket) -> str:
    """How programs on this machine reach the server."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}"


def role_environment(
    settings: Settings, environment: Mapping[str, str], run: Path
) -> dict[str, str]:
    """The variables of a role's process: exactly these settings, whatever files say meanwhile."""
    kept = {name: value for name, value in environment.items() if not name.startswith("HEADWATER_")}
    return {
        **_LEAN,
        **kept,
        **to_environment(settings),
        "HEADWATER_CONFIG": os.devnull,
        "PROMETHEUS_MULTIPROC_DIR": str(run / "metrics"),
    }


def prepare_run_folder(run: Path, keep: Sequence[str] = ("lock",)) -> None:
    """Remove what the processes of an earlier run left."""
    (run / "metrics").mkdir(exist_ok=True)
    for path in (*run.iterdir(), *(run / "metrics").iterdir()):
        if path.name not in keep and not path.is_dir():
            path.unlink()
