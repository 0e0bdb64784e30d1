"""The short way of a call that came whole: from its bytes to the committer and back, in no task.

uvicorn's way (a scope, a cycle, an event, a task) costs a single event more than the work itself.
Whatever is unusual about a request (a body still to come, pipelining, an upgrade) goes that way.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from headwater.collect import cors
from headwater.collect.accept import Call
from headwater.collect.answers import Answer
from headwater.collect.measures import count_refusal
from headwater.collect.routes import Route

if TYPE_CHECKING:
    from headwater.collect.protocol import BoundedProtocol

Take = Callable[[Call, Callable[[Answer], None]], None]
"""Takes a call in, and tells the function the answer once, at once or when the call is synced."""


class _NoEvent:
    """What uvicorn sets when something happened to a cycle: here nobody waits for it."""

    def set(self) -> None:
        return


class QuickCycle:
    """One request and its answer, with what uvicorn's protocol looks at in a cycle of its own."""

    __slots__ = (
        "_allowed",
        "_protocol",
        "_query",
        "_route",
        "body",
        "disconnected",
        "keep_alive",
        "response_complete",
    )

    message_event: Final = _NoEvent()

    def __init__(
        self, protocol: "BoundedProtocol", route: Route, query: bytes, *, keep_alive: bool
    ) -> None:
        self._protocol = protocol
        self._route = route
        self._query = query
        self._allowed = cors.ANY
        self.keep_alive = keep_alive
        self.body = b""
        self.response_complete = False
        self.disconnected = False

    def start(self, take: Take, headers: Mapping[bytes, bytes], peer: str, scheme: str) -> None:
        """Have the call taken, now that its body is whole."""
        self._allowed = cors.headers(headers.get(b"origin"))
        take(Call(self._route, self._query, headers, self.body, peer, scheme), self._answer)

    def _answer(self, answer: Answer) -> None:
        self.response_complete = True
        if answer.code:
            count_refusal(answer.status)
        if not self.disconnected:
            self._protocol.write_whole(answer, self._allowed, keep_alive=self.keep_alive)
