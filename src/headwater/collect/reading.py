"""Reads request bodies: bounded in bytes, in time, and in what all connections hold together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from headwater.collect.answers import BODY_TOO_SLOW, CLOSE, Answer, refusal
from headwater.collect.body import too_large
from headwater.errors import UnavailableError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

HELD_BYTES: Final = 128_000_000
_DRAINED_BYTES: Final = 64_000_000


class ClientGoneError(Exception):
    """The client closed the connection before its body was whole."""


class BodyReader:
    """Reads bodies of at most `limit` bytes within `timeout_seconds`.

    The bodies being read at one moment hold at most `held_bytes` in all.
    """

    def __init__(self, limit: int, timeout_seconds: float, *, held_bytes: int = HELD_BYTES) -> None:
        self._limit = limit
        self._timeout = timeout_seconds
        self._held_bytes = held_bytes
        self._held = 0

    async def read(self, receive: Receive, headers: Mapping[bytes, bytes]) -> bytes | Answer:
        """The whole body, or the answer to one that is too large or too slow.

        Raises ClientGoneError.
        """
        try:
            async with asyncio.timeout(self._timeout):
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                if not message.get("more_body"):
                    whole: bytes = message.get("body", b"")
                    return whole
                return await self._rest(receive, message, headers)
        except TimeoutError:
            return BODY_TOO_SLOW

    async def _rest(
        self, receive: Receive, message: Message, headers: Mapping[bytes, bytes]
    ) -> bytes | Answer:
        # Parts, not one growing buffer: a part is held once, by the list and the message alike.
        parts: list[bytes] = []
        held = 0
        try:
            while True:
                parts.append(part := message.get("body", b""))
                held += len(part)
                self._held += len(part)
                if held > self._limit or _announced(headers) > self._limit:
                    parts.clear()
                    await self._drain(receive, message, headers)
                    return _closing(refusal(too_large(self._limit)))
                if self._held > self._held_bytes:
                    return _closing(refusal(_crowded()))
                if not message.get("more_body"):
                    return b"".join(parts)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
        finally:
            self._held -= held

    async def _drain(
        self, receive: Receive, message: Message, headers: Mapping[bytes, bytes]
    ) -> None:
        """Read on for a while: a client that still sends would never see its answer."""
        drained = 0
        if _announced(headers) > _DRAINED_BYTES:
            return
        while message.get("more_body") and drained < _DRAINED_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            drained += len(message.get("body", b""))


def _announced(headers: Mapping[bytes, bytes]) -> int:
    try:
        return int(headers.get(b"content-length", b"0"))
    except ValueError:
        return 0


def _closing(answer: Answer) -> Answer:
    """The same answer, after which the connection is closed."""
    return Answer(answer.status, answer.body, (*answer.headers, CLOSE), answer.code)


def _crowded() -> UnavailableError:
    return UnavailableError(
        "Too many large requests are being read at once.",
        retry_after_seconds=1,
        hint="Send them again after the time in Retry-After.",
        code="overloaded",
    )
