"""A server for the length of one command, on a data folder at rest."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from headwater.cli.connection import Connection, find, token_of
from headwater.errors import UnavailableError
from headwater.settings import Settings

_PR_SET_PDEATHSIG = 1
READY = "Headwater is ready at "


@contextmanager
def server(settings: Settings) -> Iterator[Connection]:
    """The server of these settings; at rest a private one, drained and stopped at the end.

    Raises UnavailableError when a private one does not start.
    """
    if connection := find(settings):
        yield connection
        return
    where = ("--data-dir", str(settings.data_dir), "--host", "127.0.0.1", "--port", "0")
    with _stopped_at_the_end(_start(*where, quiet=True)) as process:
        yield Connection(_ready_url(process, settings), token_of(settings))


@contextmanager
def lasting_server(settings: Settings) -> Iterator[Connection]:
    """As `server`, and one that was started here goes on after the work, until it is interrupted.

    What it says on standard output is shown.
    """
    if connection := find(settings):
        yield connection
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = _start("--welcome", "--data-dir", str(settings.data_dir), quiet=False)
    with _stopped_at_the_end(started) as process:
        url = _ready_url(process, settings)
        print(READY + url, flush=True)
        threading.Thread(target=_show, args=(process,), daemon=True).start()
        yield Connection(url, token_of(settings))
        try:
            process.wait()
        except KeyboardInterrupt:
            return


@contextmanager
def _stopped_at_the_end(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _start(*arguments: str, quiet: bool) -> subprocess.Popen[str]:
    # A session of its own: Ctrl-C reaches this command, which then lets the server drain.
    return subprocess.Popen(
        [sys.executable, "-m", "headwater", "serve", *arguments],
        env=os.environ | ({"HEADWATER_LOG_LEVEL": "error"} if quiet else {}),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def _end_with_parent() -> None:
    """Have the kernel ask the server to drain and stop when this command is killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _show(process: subprocess.Popen[str]) -> None:
    for line in process.stdout or ():
        print(line, end="", flush=True)


def _ready_url(process: subprocess.Popen[str], settings: Settings) -> str:
    for line in process.stdout or ():
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    raise UnavailableError(
        f"No server runs on {settings.data_dir}, and a private one did not start.",
        hint="Run `headwater serve` to see why.",
    )
