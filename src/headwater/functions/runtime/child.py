"""The process that one function lives in. Run as a file, with few imports: it starts often.

`python -I -S child.py FOLDER`: the folder holds py_mini_racer. It does as it is told by frames on
its standard input: four bytes of length, a letter, a payload. For each it answers one frame.
"""

import asyncio
import ctypes
import os
import resource
import signal
import struct
import sys
import threading
import time
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_HEAD = struct.Struct(">IB")


def _confine() -> None:
    """Give up what is not needed. What the system does not have is gone without."""
    parent = os.getppid()
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (most, most))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
            libc.unshare(_CLONE_NEWNET)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        try:
            Path("/proc/self/oom_score_adj").write_text("1000")
        except OSError:
            pass
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End when the parent has ended, whatever V8 does."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _read(count: int) -> bytes:
    parts = []
    while count:
        part = os.read(0, min(count, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


_writing = threading.Lock()


def _write(letter: str, text: str) -> None:
    payload = text.encode("utf-8", "replace")
    frame = memoryview(_HEAD.pack(len(payload), ord(letter)) + payload)
    with _writing:
        while frame:
            frame = frame[os.write(1, frame) :]


class _Child:
    def __init__(self, racer, bootstrap: str) -> None:  # type: ignore[no-untyped-def]
        self._racer = racer
        self._host = racer.eval(bootstrap)
        self._progress = self._host["progress"]()
        threading.Thread(target=self._say_where, daemon=True).start()

    def _say_where(self) -> None:
        """Which event runs: said from the side when asked, while V8 does not come back."""
        while signal.sigwait({signal.SIGUSR1}):
            _write("P", str(self.running()))

    def running(self) -> int:
        """The index of the event that runs, or ran last."""
        return int.from_bytes(self._progress[:4], sys.byteorder)

    def load(self, payload: str) -> str:
        """The kind, the limits, the settings and the code, on lines of their own."""
        kind, memory, limits, settings, code = payload.split("\n", 4)
        self._racer.set_hard_memory_limit(int(memory))
        self._host["configure"](kind, limits, settings)
        names = "onRequest onBatch onTrack onIdentify onPage onScreen onGroup onAlias onDelete"
        found = ",".join(f"{n}:typeof {n}==='function'?{n}:undefined" for n in names.split())
        wrapped = f"(function(){{{code}\n;return{{{found}}}}})\n//# sourceURL=function.js"
        return str(self._host["install"](self._racer.eval(wrapped)))

    def turn(self, letter: str, payload: str) -> str:
        """Let V8 do something, and say what came of it. Setting and getting a member are the
        quickest ways in and out."""
        self._host["turn"] = letter + payload
        told = str(self._host["told"])
        if self._racer.was_hard_memory_limit_reached():  # V8 has ended what ran, without a word
            raise MemoryError
        return told


def _bootstrap() -> str:
    parts = sorted(Path(__file__).with_name("js").glob("*.js"))
    body = "\n".join(part.read_text("utf-8") for part in parts)
    return f"(function(){{'use strict';{body}}})()"


async def _serve(bootstrap: str) -> None:
    from py_mini_racer import JSEvalException, JSOOMException, JSParseException, mini_racer

    with mini_racer() as racer:
        child = _Child(racer, bootstrap)
        held: list[str] = []  # batches that were sent ahead
        is_done = True
        while True:
            if held and is_done:
                letter, payload = "B", held.pop(0)
            else:
                length, number = _HEAD.unpack(_read(_HEAD.size))
                letter, payload = chr(number), _read(length).decode()
                if letter == "B" and not is_done:
                    held.append(payload)
                    continue
            try:
                if letter == "L":
                    _write("L", child.load(payload))
                    continue
                told = child.turn(letter, payload)
                is_done = told.split(" ", 2)[1] == "done"
                _write("X" if told.startswith("broken ") else "R", told)
            except (JSOOMException, MemoryError):
                _write("M", str(child.running()))
                os._exit(3)
            except JSParseException as error:
                _write("S", str(error))
            except JSEvalException as error:
                _write("X", str(error))


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    _confine()
    asyncio.run(_serve(_bootstrap()))
