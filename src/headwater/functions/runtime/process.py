"""The child process of one function: started, spoken with, watched, killed."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from headwater.functions.runtime.model import Failure
from headwater.functions.runtime.wire import HEAD, LONGEST, DiedError

_CHILD: Final = Path(__file__).with_name("child.py")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LOOK_SECONDS: Final = 0.01
_SAYING_SECONDS: Final = 0.1
_PIPE_BYTES: Final = 1 << 20
_SET_PIPE_SIZE, _PIPE_SIZE = 1031, 1032  # F_SETPIPE_SZ, F_GETPIPE_SZ: of Linux alone


class ChildProcess:
    """A child that no code was given to yet. For one thread; dies with this object."""

    def __init__(self, memory_bytes: int) -> None:
        """Raises DiedError when no child can be started."""
        self._memory_bytes = memory_bytes
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_CHILD), _folder_of_mini_racer()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
                start_new_session=True,
            )
        except OSError as error:
            raise DiedError(Failure.CRASH, f"No child process starts: {error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        for end in (self._in, self._out):
            with suppress(OSError):
                fcntl.fcntl(end, _SET_PIPE_SIZE, _PIPE_BYTES)
        self.room = _room(self._in)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._held = bytearray()
        self._look_at = 0.0
        self._end = weakref.finalize(self, _kill, self._process)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, frame: bytes) -> None:
        """Tell the child, which waits for it. Raises DiedError."""
        view = memoryview(frame)
        try:
            while view:
                view = view[os.write(self._in, view) :]
        except OSError:
            raise self._ended() from None

    def receive(self, seconds: float, deadline: float) -> tuple[str, bytes]:
        """The child's next frame. Raises DiedError, the child killed, when none comes within
        `seconds` or before the deadline (of time.monotonic), or when it takes too much memory."""
        latest = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            if now >= self._look_at:
                self._look_at = now + _LOOK_SECONDS
                if self.memory() > self._memory_bytes:
                    raise self._too_large()
            frame = self._frame()
            if frame is not None:
                return frame
            if now >= min(latest, deadline):
                raise self._overdue(latest <= deadline, seconds)
            if self._poll.poll(min(self._look_at, latest, deadline) * 1000 - now * 1000):
                self._take()

    def memory(self) -> int:
        """The bytes that the child holds in memory and shares with nobody."""
        return _memory(self._process.pid)

    def kill(self) -> None:
        """End the child and all that it may have started. May be called again."""
        self._end()

    def _take(self) -> None:
        part = os.read(self._out, _PIPE_BYTES)
        if not part:
            raise self._ended()
        self._held += part
        if len(self._held) >= HEAD.size and HEAD.unpack_from(self._held)[0] > LONGEST:
            self.kill()
            raise DiedError(Failure.OUTPUT, "The function's child said too much at once.")

    def _frame(self) -> tuple[str, bytes] | None:
        held = self._held
        if len(held) < HEAD.size:
            return None
        length, letter = HEAD.unpack_from(held)
        if len(held) < HEAD.size + length:
            return None
        payload = bytes(held[HEAD.size : HEAD.size + length])
        del held[: HEAD.size + length]
        return chr(letter), payload

    def _overdue(self, is_busy: bool, seconds: float) -> DiedError:
        at = self._where()
        self.kill()
        if is_busy:
            message = f"The event kept the processor busy for {seconds:g} s without a pause."
            return DiedError(Failure.TIMEOUT, message, at)
        return DiedError(Failure.OUT_OF_TIME, "The function used up its time.", at)

    def _too_large(self) -> DiedError:
        at = self._where()
        self.kill()
        megabytes = self._memory_bytes // 1_000_000
        message = f"The function took more than {megabytes} MB of memory."
        return DiedError(Failure.MEMORY, message, at)

    def _where(self) -> int | None:
        """Which event runs, by what the child says from the side."""
        until = time.monotonic() + _SAYING_SECONDS
        try:
            os.kill(self._process.pid, signal.SIGUSR1)
            while (left := until - time.monotonic()) > 0:
                frame = self._frame()
                if frame is not None:
                    return int(frame[1]) if frame[0] == "P" else None
                if self._poll.poll(left * 1000):
                    self._take()
        except (OSError, DiedError):
            pass
        return None

    def _ended(self) -> DiedError:
        self.kill()
        code = self._process.returncode
        if code == -signal.SIGKILL:
            return DiedError(Failure.MEMORY, "The system ended the function's child.")
        return DiedError(Failure.CRASH, f"The function's child ended by itself ({code}).")


def _room(end: int) -> int:
    """So many bytes a pipe takes before a writer waits for its reader."""
    try:
        return fcntl.fcntl(end, _PIPE_SIZE)
    except OSError:
        return 4096


def _kill(process: "subprocess.Popen[bytes]") -> None:
    # A child that has ended was not waited for: its number is still its own.
    if process.returncode is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(OSError):
            process.kill()
        process.wait()
    for end in (process.stdin, process.stdout):
        if end is not None:
            with suppress(OSError):
                end.close()


def _memory(pid: int) -> int:
    try:
        parts = Path(f"/proc/{pid}/statm").read_bytes().split()
        return (int(parts[1]) - int(parts[2])) * _PAGE
    except FileNotFoundError:
        pass
    except (OSError, IndexError):
        return 0
    if Path("/proc/self/statm").exists():
        return 0  # it has ended
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=False)
    return int(told.stdout or 0) * 1024


@cache
def _folder_of_mini_racer() -> str:
    found = find_spec("py_mini_racer")
    if found is None or found.origin is None:
        raise DiedError(
            Failure.UNUSABLE,
            "JavaScript functions need the package mini-racer, which is not installed here:"
            " pip install 'mini-racer>=0.14'",
        )
    return str(Path(found.origin).parent.parent)
