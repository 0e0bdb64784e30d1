"""Who works on a data folder: one program at a time, and where its server answers."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from headwater.errors import ConflictError

_LOCK = "lock"
_ANNOUNCEMENT = "server.json"
_LOOKS = 3
_PATIENCE_SECONDS = 0.3
_LONG_PATIENCE_SECONDS = 10.0


class Announcement(msgspec.Struct, frozen=True):
    """Where the server of a data folder answers, and its supervisor's process id."""

    url: str
    pid: int


class Claim:
    """The only right to write in a data folder, held until closed or until the process ends.

    Processes that inherit `file` hold it too, so that nobody else gets the folder before the last
    of them is gone. `is_shared` is for roles that run singly: together they keep all others out.
    Makes the folder where it is missing. Raises ConflictError when another program holds it.
    """

    def __init__(self, data_dir: Path, *, is_shared: bool = False) -> None:
        self._run = run_folder(data_dir)
        self.file = os.open(self._run / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(self.file, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX):
            os.close(self.file)
            raise ConflictError(
                f"Another Headwater works on {data_dir}.",
                hint="Stop it first, or name another folder with --data-dir.",
                code="data_folder_in_use",
            )
        if not is_shared:
            os.ftruncate(self.file, 0)
            os.pwrite(self.file, str(os.getpid()).encode(), 0)

    def announce(self, url: str) -> None:
        """Say where the server answers."""
        temporary = self._run / f".{_ANNOUNCEMENT}"
        temporary.write_bytes(msgspec.json.encode(Announcement(url=url, pid=os.getpid())))
        temporary.replace(self._run / _ANNOUNCEMENT)

    def close(self) -> None:
        (self._run / _ANNOUNCEMENT).unlink(missing_ok=True)
        os.close(self.file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _locked(file: int, kind: int) -> bool:
    """Take the lock, or say that another has it.

    Not at the first failure: it may be held a moment by a program that only looks
    (`is_claimed`), or by what a killed supervisor left, which is about to end.
    """
    begun = time.monotonic()
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            held = _is_alive(os.pread(file, 20, 0))
            if time.monotonic() - begun > (_PATIENCE_SECONDS if held else _LONG_PATIENCE_SECONDS):
                return False
            time.sleep(0.01)
        else:
            return True


def _is_alive(pid: bytes | int) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def run_folder(data_dir: Path) -> Path:
    """The folder of what concerns only running processes. Made, for its owner alone."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = data_dir / "run"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def is_claimed(data_dir: Path) -> bool:
    """Whether a program works on this data folder now."""
    try:
        file = os.open(data_dir / "run" / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not any(_is_free(file) for _ in range(_LOOKS))
    finally:
        os.close(file)


def _is_free(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.005)  # it may be another that only looks
        return False
    return True


def announced(data_dir: Path) -> Announcement | None:
    """The running server of a data folder; None when there is none, or not yet."""
    if not is_claimed(data_dir):
        return None
    try:
        found = msgspec.json.decode(
            (data_dir / "run" / _ANNOUNCEMENT).read_bytes(), type=Announcement
        )
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return found if _is_alive(found.pid) else None


def answering_at(data_dir: Path, host: str, port: int, url: str = "") -> str:
    """The address that the server of a data folder is reached at from this machine: the announced
    one, or else what the options say."""
    if found := announced(data_dir):
        return found.url
    reached = host.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the wildcard
    return url or f"http://{reached}:{port}"
