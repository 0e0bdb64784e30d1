"""What the warehouse role answers to the other roles, on its unix socket."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

import anyio
import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from headwater.errors import BadRequestError, HeadwaterError
from headwater.kit import metrics
from headwater.kit.disconnect import unless_gone
from headwater.kit.ids import resource_id
from headwater.queries.failures import failure_of
from headwater.queries.model import (
    CONTENT_TYPES,
    TOTAL_HEADER,
    TRUNCATED_HEADER,
    Cancel,
    Export,
    Question,
    Repair,
    Spooled,
)
from headwater.queries.served import ServedWarehouse

_THREADS: Final = 64
"""How many questions may run or wait at once; each has a thread."""

_PIECE_BYTES: Final = 262_144
T = TypeVar("T")


def application(warehouse: ServedWarehouse) -> Starlette:
    """The ASGI application over a warehouse."""
    handlers = _Handlers(warehouse)
    return Starlette(
        routes=[
            Route("/query", handlers.query, methods=["POST"]),
            Route("/cancel", handlers.cancel, methods=["POST"]),
            Route("/ledger", handlers.ledger, methods=["GET"]),
            Route("/export", handlers.export, methods=["GET"]),
            Route("/tables", handlers.tables, methods=["GET"]),
            Route("/contents", handlers.contents, methods=["GET"]),
            Route("/table", handlers.table, methods=["GET"]),
            Route("/repair", handlers.repair, methods=["POST"]),
            Route("/look/{name}", handlers.look, methods=["POST"]),
            Route("/health", handlers.health, methods=["GET"]),
        ],
        exception_handlers={HeadwaterError: _failed},
    )


async def _failed(_request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, HeadwaterError) else 500
    body = failure_of(error) if isinstance(error, HeadwaterError) else {"message": str(error)}
    return _json(body, status)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _body(request: Request, kind: type[T]) -> T:
    body = await request.body()
    return _convert(lambda: msgspec.json.decode(body, type=kind))


def _convert(convert: Callable[[], T]) -> T:
    try:
        return convert()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(f"The request cannot be used: {error}.") from error


@contextmanager
def _measured() -> Iterator[None]:
    """Count a question by how it came out, and how long it took, its waiting included."""
    started = time.monotonic()
    outcome = "failed"
    try:
        yield
        outcome = "answered"
    except HeadwaterError as error:
        outcome = error.code
        raise
    finally:
        metrics.QUERIES.labels(outcome).inc()
        metrics.QUERY_SECONDS.observe(time.monotonic() - started)


class _Handlers:
    def __init__(self, warehouse: ServedWarehouse) -> None:
        self._warehouse = warehouse
        # Two pools, so that waiting questions never hold up the ledger, health or a cancellation.
        self._asking = anyio.CapacityLimiter(_THREADS)
        self._rest = anyio.CapacityLimiter(_THREADS)

    async def query(self, request: Request) -> Response:
        question = await _body(request, Question)
        if not question.query_id:
            question = msgspec.structs.replace(question, query_id=resource_id())
        asking = anyio.to_thread.run_sync(self._warehouse.ask, question, limiter=self._asking)

        async def cancel() -> None:
            await self._run(partial(self._warehouse.cancel, question.query_id))

        with _measured():
            spooled = await unless_gone(request.receive, asking, cancel)
        return _answer(spooled)

    async def cancel(self, request: Request) -> Response:
        wanted = await _body(request, Cancel)
        cancelled = await self._run(partial(self._warehouse.cancel, wanted.query_id))
        return _json({"cancelled": cancelled})

    async def ledger(self, _request: Request) -> Response:
        return _json(await self._run(self._warehouse.ledger))

    async def export(self, request: Request) -> Response:
        parameters = dict(request.query_params)
        wanted = _convert(partial(msgspec.convert, parameters, Export, strict=False))
        pieces = await self._run(partial(self._warehouse.export, wanted))
        first = await self._run(partial(next, pieces, b""))
        return StreamingResponse(_with_first(first, pieces), media_type="application/x-ndjson")

    async def tables(self, request: Request) -> Response:
        workspace_id = request.query_params.get("workspaceId", "")
        return _json(await self._run(partial(self._warehouse.tables, workspace_id)))

    async def contents(self, request: Request) -> Response:
        workspace_id = request.query_params.get("workspaceId", "")
        return _json(await self._run(partial(self._warehouse.contents, workspace_id)))

    async def table(self, request: Request) -> Response:
        asked = [request.query_params.get(name, "") for name in ("workspaceId", "schema", "name")]
        return _json(await self._run(partial(self._warehouse.table, *asked)))

    async def repair(self, request: Request) -> Response:
        wanted = await _body(request, Repair)
        return _json(await self._run(partial(self._warehouse.repair, wanted)))

    async def look(self, request: Request) -> Response:
        name = request.path_params["name"]
        workspace_id = request.query_params.get("workspaceId", "")
        wanted = await request.body()
        found = await self._run(partial(self._warehouse.look, name, workspace_id, wanted))
        return Response(found, media_type="application/json")

    async def health(self, _request: Request) -> Response:
        return _json(await self._run(self._warehouse.health))

    async def _run(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._rest)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _answer(spooled: Spooled) -> Response:
    answer = spooled.answer
    size = spooled.body.seek(0, 2)
    spooled.body.seek(0)
    headers = {
        TOTAL_HEADER: str(answer.total),
        TRUNCATED_HEADER: "true" if answer.truncated else "false",
        "Content-Length": str(size),
    }
    return StreamingResponse(
        iter(partial(spooled.body.read, _PIECE_BYTES), b""),
        headers=headers,
        media_type=CONTENT_TYPES[answer.format],
        background=BackgroundTask(spooled.body.close),
    )
