"""Bodies are read within bounds of bytes and time."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping

import pytest

from headwater.collect.answers import Answer
from headwater.collect.reading import BodyReader, ClientGoneError, Message


def parts(*bodies: bytes, ends: bool = True) -> Callable[[], Awaitable[Message]]:
    """A client that sends these parts of a body, then nothing or the end."""
    messages: list[Message] = [
        {"type": "http.request", "body": body, "more_body": not ends or index < len(bodies) - 1}
        for index, body in enumerate(bodies)
    ]

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(3600)
        raise AssertionError

    return receive


def read(
    receive: Callable[[], Awaitable[Message]],
    headers: Mapping[bytes, bytes] | None = None,
    *,
    limit: int = 100,
    timeout: float = 60.0,
    held_bytes: int = 1000,
) -> bytes | Answer:
    reader = BodyReader(limit, timeout, held_bytes=held_bytes)
    return asyncio.run(reader.read(receive, headers or {}))


def code(answer: bytes | Answer) -> str:
    assert isinstance(answer, Answer)
    assert answer.status in (400, 408, 503)
    assert (b"connection", b"close") in answer.headers
    said: str = json.loads(answer.body)["code"]
    return said


def test_a_body_in_one_part_and_in_many_is_whole() -> None:
    assert read(parts(b"whole")) == b"whole"
    assert read(parts(b"in ", b"", b"parts")) == b"in parts"


def test_a_body_beyond_the_limit_is_read_to_its_end_and_refused() -> None:
    assert code(read(parts(*[b"x" * 60] * 10))) == "request_too_large"


def test_a_body_announced_beyond_all_measure_is_refused_at_once() -> None:
    headers = {b"content-length": b"999999999999"}
    assert code(read(parts(b"x", ends=False), headers)) == "request_too_large"


@pytest.mark.parametrize("bodies", [(), (b"begin",)])
def test_a_body_that_does_not_end_in_time_is_refused(bodies: tuple[bytes, ...]) -> None:
    assert code(read(parts(*bodies, ends=False), timeout=0.01)) == "body_too_slow"


def test_all_bodies_together_hold_no_more_than_their_bound() -> None:
    answer = read(parts(b"x" * 60, b"x" * 10, ends=False), held_bytes=64)
    assert code(answer) == "overloaded"
    assert isinstance(answer, Answer)
    assert int(dict(answer.headers)[b"retry-after"]) >= 1


def test_what_was_read_is_no_longer_held() -> None:
    reader = BodyReader(100, 60.0, held_bytes=150)

    async def several() -> None:
        for _ in range(5):
            assert await reader.read(parts(b"x" * 50, b"x" * 50), {}) == b"x" * 100

    asyncio.run(several())


@pytest.mark.parametrize("begun", [[], [{"type": "http.request", "body": b"x", "more_body": True}]])
def test_a_client_that_goes_away_is_not_answered(begun: list[Message]) -> None:
    messages = [*begun, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    with pytest.raises(ClientGoneError):
        read(receive)
