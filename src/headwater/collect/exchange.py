"""A short way past ASGI's messages for requests that are whole and answers that are small.

uvicorn writes an answer's head and body apart, a system call each, and checks every header anew.
The protocol puts an Exchange into the scope's extensions; the application uses it where it is
there and speaks plain ASGI where it is not.
"""

from http import HTTPStatus
from typing import Any, Final, Self

import msgspec
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from headwater.collect import cors
from headwater.collect.answers import CLOSE, SUCCESS, Answer, Headers

NAME: Final = "headwater.exchange"


class Exchange:
    """One request and its answer, on uvicorn's own state of them."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    @classmethod
    def taken_from(cls, scope: Any) -> Self | None:
        """The exchange of a request, where its server has one; the scope no longer has it.

        It leads back to the scope: left there, each request would be a ring that only a garbage
        collection frees, which then stops all requests for ten milliseconds at a time.
        """
        extensions = scope.get("extensions")
        return extensions.pop(NAME, None) if extensions else None

    def whole_body(self) -> bytes | None:
        """The request's body, when all of it is here already."""
        cycle = self._cycle
        return None if cycle.more_body or cycle.disconnected else bytes(cycle.body)

    def answer(self, answer: Answer, allowed: Headers) -> bool:
        """Write a whole answer at once. False when the client does not read: nothing is written."""
        cycle = self._cycle
        if cycle.flow.write_paused or cycle.response_started:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        if cycle.disconnected:
            return True
        cycle.keep_alive = cycle.keep_alive and CLOSE not in answer.headers
        shown = (
            answer if cycle.scope["method"] != "HEAD" else msgspec.structs.replace(answer, body=b"")
        )
        written = whole(shown, allowed, cycle.default_headers, keep_alive=cycle.keep_alive)
        cycle.transport.write(written)
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True


def status_line(status: int) -> bytes:
    return b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())


def lines(headers: Headers) -> bytes:
    """Headers as they are written, each with its line's end."""
    return b"".join([b"%s: %s\r\n" % header for header in headers])


_SUCCESS_HEAD: Final = status_line(200)
_SUCCESS_TAIL: Final = lines((*SUCCESS.headers, *cors.ANY)) + b"\r\n" + SUCCESS.body

_dated: tuple[object, bytes] = (None, b"")


def dated(default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """uvicorn's default headers (the date) as written; it makes a new list each second."""
    global _dated  # noqa: PLW0603 (a cache of one)
    known, text = _dated
    if known is not default_headers:
        text = lines(tuple(default_headers))
        _dated = (default_headers, text)
    return text


def whole(
    answer: Answer,
    allowed: Headers,
    default_headers: list[tuple[bytes, bytes]],
    *,
    keep_alive: bool,
) -> bytes:
    """An answer's head and body as written; the connection closes after it unless `keep_alive`."""
    if answer is SUCCESS and allowed is cors.ANY and keep_alive:
        return b"%s%s%s" % (_SUCCESS_HEAD, dated(default_headers), _SUCCESS_TAIL)
    headers = (*answer.headers, *allowed)
    if not keep_alive and CLOSE not in headers:
        headers = (*headers, CLOSE)
    return b"%s%s%s\r\n%s" % (
        status_line(answer.status),
        dated(default_headers),
        lines(headers),
        answer.body,
    )
