"""Has a task done by a process of its own, and hears of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from headwater.errors import HeadwaterError, ImportFileError
from headwater.imports.model import FileMapping, FileRules
from headwater.kit.child import EndedError, started
from headwater.uploads.child import Answer, Done, Failed, Far, Find, Import, Task, TryOut
from headwater.uploads.model import Found, Tried

LOOK_SECONDS: Final = 60.0
_MODULE: Final = "headwater.uploads.child"
_T = TypeVar("_T")


async def find(path: Path, rules: FileRules, scratch: Path) -> Found:
    """What a file is. Raises ImportFileError."""
    return await _looked(Find(str(path), rules), scratch, Found)


async def try_out(
    path: Path, rules: FileRules, mapping: FileMapping | None, scratch: Path
) -> Tried:
    """What a file's first rows become. Raises ImportFileError and MappingError."""
    return await _looked(TryOut(str(path), rules, mapping), scratch, Tried)


async def import_(task: Import, scratch: Path, report: Callable[[Far], Awaitable[None]]) -> Far:
    """Import a file. Raises HeadwaterError where that is refused, EndedError where the process
    dies. Cancelled, it stops the process."""
    return msgspec.json.decode(await _done(task, scratch, report), type=Far)


async def _looked(task: Task, scratch: Path, kind: type[_T]) -> _T:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return msgspec.json.decode(await _done(task, scratch), type=kind)
    except TimeoutError:
        raise ImportFileError(
            f"The file could not be looked at within {LOOK_SECONDS:.0f} s.",
            hint="Import it with the command `headwater import`.",
        ) from None
    except EndedError:
        raise ImportFileError(
            "The process that looked at the file has ended.",
            hint="The file may take more memory than there is. Try `headwater import`.",
        ) from None


async def _nothing(_: Far) -> None:
    return None


async def _done(
    task: Task, scratch: Path, report: Callable[[Far], Awaitable[None]] = _nothing
) -> bytes:
    environment = {"TMPDIR": str(scratch)}
    async with started(_MODULE, msgspec.json.encode(task), environment) as child:
        async for line in child.lines():
            answer: Any = msgspec.json.decode(line, type=Answer)
            if isinstance(answer, Done):
                return bytes(answer.value)
            if isinstance(answer, Failed):
                raise _error(answer)
            await report(answer)
    raise EndedError


def _error(failed: Failed) -> HeadwaterError:
    error = ImportFileError(failed.message, hint=failed.hint, code=failed.code)
    error.status = failed.status
    return error
