"""A task that is done by a process of its own: one line in, some lines out.

The child gets its task as the first line of its standard input and answers on its standard output,
a line for each thing that it has to say. It ends when its standard input does, and so with the one
that started it.
"""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

_LONGEST_LINE: Final = 16_000_000
_STOP: Final = b"stop\n"


class EndedError(Exception):
    """The child ended without an answer."""


class Child:
    """A running child, as its parent sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def lines(self) -> AsyncIterator[bytes]:
        """What it says, until it ends."""
        assert self._process.stdout is not None
        while (line := await self._process.stdout.readline()).endswith(b"\n"):
            yield line  # what is cut off by a kill is no line

    async def ask_to_stop(self) -> None:
        """Ask it to come to an end at the next good moment."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_STOP)
            await self._process.stdin.drain()
        except ConnectionError:
            pass


@asynccontextmanager
async def started(
    module: str, task: bytes, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """A child that does a task; killed, where it still runs, when the context is left.

    Raises EndedError where it dies while it is told what to do.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        env=os.environ | dict(environment or {}),
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(task + b"\n")
        await process.stdin.drain()
        yield Child(process)
    except ConnectionError as error:
        raise EndedError from error
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def task_given() -> bytes:
    """In the child: the task."""
    return sys.stdin.buffer.readline()


def heed_parent(stop: Callable[[], object]) -> None:
    """In the child, after the task: call `stop` when the parent asks for it, and end with it."""
    threading.Thread(target=_heed, args=(stop,), daemon=True).start()


def _heed(stop: Callable[[], object]) -> None:
    while line := sys.stdin.buffer.readline():
        if line == _STOP:
            stop()
    os._exit(1)


def say(line: bytes) -> None:
    """In the child: say something to the parent."""
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
