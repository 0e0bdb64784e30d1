"""Work for a client that may go away before it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
Receive = Callable[[], Awaitable[Any]]


async def unless_gone(
    receive: Receive, work: Coroutine[Any, Any, T], on_gone: Callable[[], Awaitable[object]]
) -> T:
    """The result of `work`; `on_gone` is called once if the client disconnects before.

    `receive` is the request's ASGI channel, whose body was read to its end. `work` is not
    cancelled: `on_gone` makes it end.
    """

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await on_gone()

    watching = asyncio.create_task(watch())
    try:
        return await work
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await watching
