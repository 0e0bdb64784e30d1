"""The collector as a raw ASGI application: tracking and health here, all else to the control role.

No framework: on single events it would cost more than the work itself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

import msgspec

from headwater.collect import answers, cors, routes
from headwater.collect.accept import Accepted, Call, Terms, accept
from headwater.collect.answers import PIXEL, Answer
from headwater.collect.commit import Committer, resolver
from headwater.collect.current import CurrentSources
from headwater.collect.exchange import Exchange
from headwater.collect.forward import Caller, Forwarder, UnreachableError
from headwater.collect.measures import count_refusal
from headwater.collect.rates import RateLimiter
from headwater.collect.reading import BodyReader, ClientGoneError
from headwater.errors import RateLimitedError, RequestError, UnavailableError
from headwater.kit.clock import Clock
from headwater.kit.logging import logger
from headwater.workspaces.key_use import KeyUse

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PROBE_SECONDS: Final = 5.0
_PROBE_KEPT_SECONDS: Final = 0.5
_FORWARDED: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip"})
_UNKNOWN_KEY: Final = frozenset({"unknown_write_key", "starting"})

_log = logger("collect")


class Parts(msgspec.Struct, frozen=True):
    """What the application is made of."""

    terms: Terms
    current: CurrentSources
    clock: Clock
    committer: Committer
    forwarder: Forwarder
    key_use: KeyUse


class Application:
    """Answers every request of the public port."""

    def __init__(self, parts: Parts) -> None:
        settings = parts.terms.settings
        self._terms = parts.terms
        self._current = parts.current
        self._clock = parts.clock
        self._committer = parts.committer
        self._forwarder = parts.forwarder
        self._key_use = parts.key_use
        self._reader = BodyReader(settings.max_request_bytes, settings.body_timeout_seconds)
        self._limiter = RateLimiter(settings.rate_limit) if settings.rate_limit else None
        self._probed: tuple[float, UnavailableError | None] = (float("-inf"), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            route = routes.find(scope["raw_path"])
        except RequestError as error:
            await _send(send, answers.refusal(error), cors.ANY)
            return
        if route is None:
            await self._elsewhere(scope, receive, send)
            return
        headers = dict(scope["headers"])
        allowed = cors.headers(headers.get(b"origin"))
        exchange = Exchange.taken_from(scope)
        try:
            answer = await self._answer(route, scope, headers, receive, exchange)
        except ClientGoneError:
            return
        if answer.code:
            count_refusal(answer.status)
            if route.kind is routes.Kind.PIXEL and scope["method"] in route.kind.methods:
                answer = PIXEL
        if exchange is None or not exchange.answer(answer, allowed):
            await _send(send, answer, allowed)

    async def _answer(
        self,
        route: routes.Route,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        exchange: Exchange | None,
    ) -> Answer:
        method = scope["method"]
        if method == "OPTIONS":
            return cors.preflight(headers.get(b"access-control-request-headers"))
        if method not in route.kind.methods:
            return answers.method_not_allowed(route.kind)
        has_body = method == "POST" or route.kind is routes.Kind.WEBHOOK
        body = await self._body(headers, receive, exchange) if has_body else b""
        if isinstance(body, Answer):
            return body
        client = scope["client"]
        peer = client[0] if client else ""
        query, path = scope["query_string"], scope["raw_path"]
        call = Call(route, query, headers, body, peer, scope["scheme"], method, path)
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.take(call, resolver(done))
        return await done

    async def _body(
        self, headers: Mapping[bytes, bytes], receive: Receive, exchange: Exchange | None
    ) -> bytes | Answer:
        whole = exchange.whole_body() if exchange else None
        if whole is None or len(whole) > self._terms.settings.max_request_bytes:
            return await self._reader.read(receive, headers)
        return whole

    def take(self, call: Call, answered: Callable[[Answer], object]) -> None:
        """Accept a call: `answered` is told the answer, at once or when the call is synced."""
        try:
            taken = self._accepted(call)
            if isinstance(taken, Accepted):
                self._commit(taken, answered)
                return
        except (RateLimitedError, UnavailableError) as error:
            taken = answers.refusal(error)
        except Exception:
            _log.exception("request.failed", route=call.route.kind.value)
            taken = answers.INTERNAL_ERROR
        answered(taken)

    def _accepted(self, call: Call) -> Accepted | Answer:
        now = self._clock.now()
        taken = accept(call, self._current.sources, self._terms, now)
        if type(taken) is Answer and taken.code in _UNKNOWN_KEY and self._current.refresh_soon():
            taken = accept(call, self._current.sources, self._terms, now)
        if self._limiter is not None and isinstance(taken, Accepted):
            self._limiter.check(taken.record.source_id, now)
        return taken

    def _commit(self, taken: Accepted, answered: Callable[[Answer], object]) -> None:
        def settled(failed: UnavailableError | None) -> None:
            if failed is not None:
                answered(answers.refusal(failed))
                return
            if taken.write_key:
                self._key_use.note(taken.write_key, taken.record.received_at)
            answered(taken.answer)

        self._committer.submit(taken.record, settled, taken.stream)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/")
        if path in ("/health", "/health/live"):
            await _send(send, answers.json_answer(200, {"status": "live"}))
        elif path == "/health/ready":
            await _send(send, await self._readiness())
        else:
            await self._forward(scope, receive, send)

    async def _readiness(self) -> Answer:
        """Whether an event sent now is kept: 200, or 503 with the reasons."""
        self._current.refresh_soon()
        reasons = []
        if not self._current.sources.known:
            reasons.append("The sources are not known yet: the control role has not published any.")
        if failed := await self._probe():
            reasons.append(str(failed))
        if not reasons:
            return answers.json_answer(200, {"status": "ready"})
        body = {
            "status": "not_ready",
            "reasons": reasons,
            "success": False,
            "code": "not_ready",
            "message": "An event sent now would not be kept.",
            "hint": " ".join(reasons),
        }
        return answers.json_answer(503, body, (b"retry-after", b"2"))

    async def _probe(self) -> UnavailableError | None:
        """Why the log does not take events now, asked a moment ago at the most; None if it does."""
        at, known = self._probed
        if time.monotonic() - at < _PROBE_KEPT_SECONDS:
            return known
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                failed = await self._committer.probe()
        except TimeoutError:
            failed = UnavailableError("The log has not answered for seconds.")
        self._probed = (time.monotonic(), failed)
        return failed

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        proxies = self._terms.proxies
        peer = scope["client"][0] if scope["client"] else ""
        scheme, host = proxies.called(peer, headers, scope["scheme"])
        address = proxies.client_ip(peer, headers)
        if not proxies.trusts(peer) and not _FORWARDED.isdisjoint(headers):
            # A proxy that is not known as one: for whom it asks, nobody can say.
            address = f"unknown, {address}"
        caller = Caller(address, scheme, host)
        try:
            await self._forwarder.forward(scope, receive, send, caller)
        except UnreachableError as error:
            _log.warning("control.unreachable", error=str(error))
            unavailable = UnavailableError(
                "The control role does not answer now; events are taken all the same.",
                retry_after_seconds=2,
                hint="It is restarted by itself; try again in a moment.",
            )
            await _send(send, answers.refusal(unavailable))


async def _send(send: Send, answer: Answer, more: answers.Headers = ()) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, *more],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
