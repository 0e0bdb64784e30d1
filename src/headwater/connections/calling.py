"""Has a definition tried out, or a run carried out, by a process of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.connections.child import Answer, Carry, Ended, Failed, Far, Order, Tried, TryOut
from headwater.connections.kinds.model import Task
from headwater.errors import PullError
from headwater.kit.child import Child, EndedError, started

TRY_SECONDS: Final = 60.0
_MODULE: Final = "headwater.connections.child"


async def try_out(task: Task, scratch: Path) -> Sequence[msgspec.Raw]:
    """The events of the first rows. Raises PullError."""
    try:
        async with asyncio.timeout(TRY_SECONDS), _at_work(TryOut(task), scratch) as child:
            async for line in child.lines():
                answer = _read(line)
                if isinstance(answer, Tried):
                    return answer.events
    except TimeoutError:
        raise PullError(
            f"It gave no row within {TRY_SECONDS:.0f} s.",
            hint="Look whether the address is right, and whether a firewall stands before it.",
        ) from None
    except EndedError:
        pass
    raise PullError(
        "The process that tried it has ended without an answer.",
        hint="It may have taken more memory than there is for a connection.",
    )


async def carry_out(
    task: Task, scratch: Path, stop: asyncio.Event, report: Callable[[Far], Awaitable[object]]
) -> Ended:
    """Carry out a run; set `stop`, and it ends at the next good moment. Raises PullError where it
    cannot be done, EndedError where the process dies. Cancelled, it kills the process."""
    async with _at_work(Carry(task), scratch) as child:
        stopping = asyncio.create_task(_stopped(child, stop))
        try:
            async for line in child.lines():
                answer = _read(line)
                if isinstance(answer, Ended):
                    return answer
                if isinstance(answer, Far):
                    await report(answer)
        finally:
            stopping.cancel()
    raise EndedError


def _at_work(order: Order, scratch: Path) -> Any:
    return started(_MODULE, msgspec.json.encode(order), {"TMPDIR": str(scratch)})


async def _stopped(child: Child, stop: asyncio.Event) -> None:
    await stop.wait()
    await child.ask_to_stop()


def _read(line: bytes) -> Far | Ended | Tried:
    answer: Any = msgspec.json.decode(line, type=Answer)
    if isinstance(answer, Failed):
        raise PullError(answer.message, hint=answer.hint, code=answer.code)
    return answer  # type: ignore[no-any-return]
