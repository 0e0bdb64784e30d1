"""/api/query: a SELECT, answered as JSON, CSV, Parquet, Arrow or XLSX; and its cancelling."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final

import httpx
import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Doc, answer
from headwater.errors import QueryError
from headwater.kit.disconnect import unless_gone
from headwater.kit.ids import resource_id
from headwater.queries.model import (
    CONTENT_TYPES,
    TOTAL_HEADER,
    TRUNCATED_HEADER,
    Column,
    Format,
    Question,
)
from headwater.queries.parameters import Value
from headwater.questions import history
from headwater.semantics import keeping

QUERY_ID_HEADER: Final = "X-Headwater-Query-Id"
_FORWARDED: Final = ("content-length", TOTAL_HEADER.lower(), TRUNCATED_HEADER.lower())


class QueryBody(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked. Without `format`, the Accept header chooses, and else it is JSON."""

    sql: str
    format: Format | None = None
    max_rows: Annotated[int, Meta(ge=1)] | None = None
    timeout_seconds: Annotated[float, Meta(gt=0)] | None = None
    query_id: Annotated[str, Meta(max_length=200)] = ""
    parameters: Annotated[
        dict[str, Value], Meta(description="The values of the question's {{name}}s.")
    ] = msgspec.field(default_factory=dict)
    remember: Annotated[bool, Meta(description="Keep it in the caller's history.")] = False


class QueryAnswer(msgspec.Struct, frozen=True):
    """The rows, and what is known of them. `truncated` says that there are more."""

    sql: str
    columns: list[Column]
    data: list[dict[str, Any]]
    total: int
    truncated: bool


class CancelBody(msgspec.Struct, frozen=True, rename="camel"):
    query_id: str


class Cancelled(msgspec.Struct, frozen=True):
    """Whether such a question was running."""

    cancelled: bool


async def ask(call: Call) -> Response:
    """The header `X-Headwater-Query-Id` of the answer names the question for its cancelling."""
    body = await call.body(QueryBody)
    query_id = body.query_id or resource_id()
    call.context.changes.record_read(call.principal, "SQL", body.sql)
    meant = await run_in_threadpool(
        keeping.question, call.context.changes, call.principal, body.sql
    )
    question = Question(
        sql=meant.sql,
        workspace_id=call.principal.workspace_id,
        format=body.format or accepted(call.request.headers.get("accept", "")),
        max_rows=body.max_rows,
        timeout_seconds=body.timeout_seconds,
        query_id=_scoped(call, query_id),
        parameters=body.parameters,
    )
    stack = AsyncExitStack()
    started = time.monotonic()
    try:
        response = await _asked(call, stack, question)
    except QueryError as error:
        error.position = meant.place(error.position)
        if body.remember:
            await _remember(call, body.sql, started, error=str(error))
        raise
    if body.remember:
        total = int(response.headers.get(TOTAL_HEADER, 0))
        is_cut = response.headers.get(TRUNCATED_HEADER) == "true"
        await _remember(call, body.sql, started, rows=total, truncated=is_cut)
    headers = {name: response.headers[name] for name in _FORWARDED if name in response.headers}
    return StreamingResponse(
        passed_on(stack, response),
        headers={**headers, QUERY_ID_HEADER: query_id},
        media_type=CONTENT_TYPES[question.format],
    )


async def _asked(call: Call, stack: AsyncExitStack, question: Question) -> httpx.Response:
    """The answer to a question, which is cancelled when its asker goes away."""
    warehouse = call.context.warehouse

    async def cancel() -> None:
        await warehouse.cancel(question.query_id)

    asking = stack.enter_async_context(warehouse.query(question))
    return await unless_gone(call.request.receive, asking, cancel)


async def _remember(
    call: Call,
    sql: str,
    started: float,
    *,
    rows: int | None = None,
    truncated: bool = False,
    error: str = "",
) -> None:
    await run_in_threadpool(
        history.remember,
        call.context.changes,
        call.principal,
        sql,
        milliseconds=round((time.monotonic() - started) * 1000),
        rows=rows,
        truncated=truncated,
        error=error,
    )


async def cancel(call: Call) -> Response:
    body = await call.body(CancelBody)
    return answer(Cancelled(await call.context.warehouse.cancel(_scoped(call, body.query_id))))


async def passed_on(stack: AsyncExitStack, response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of a response, which is closed with the stack that holds it."""
    async with stack:
        async for piece in response.aiter_raw():
            yield piece


def accepted(header: str) -> Format:
    """The format that an Accept header names first; JSON where it names none."""
    for part in header.split(","):
        wanted = part.partition(";")[0].strip().lower()
        for format_, content_type in CONTENT_TYPES.items():
            if wanted == content_type.partition(";")[0]:
                return format_
    return Format.JSON


def _scoped(call: Call, query_id: str) -> str:
    """The id among all workspaces', so that nobody cancels another's question."""
    return f"{call.principal.workspace_id}/{query_id}"


ROUTES = (
    ApiRoute(
        "POST",
        "/api/query",
        (Permission.WAREHOUSE_READ, Permission.PII_READ),
        ask,
        Doc(
            "Ask the warehouse one SELECT.",
            "SQL",
            body=QueryBody,
            answer=QueryAnswer,
            media=tuple(CONTENT_TYPES.values()),
            errors=(503,),
        ),
    ),
    ApiRoute(
        "POST",
        "/api/query/cancel",
        Permission.WAREHOUSE_READ,
        cancel,
        Doc("Stop a question.", "SQL", body=CancelBody, answer=Cancelled, errors=(503,)),
    ),
)
