"""/api/query/history and /api/saved-queries: questions asked before, and those that are kept."""

from contextlib import AsyncExitStack
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.query import passed_on
from headwater.errors import InvalidError
from headwater.kit.clock import isoformat
from headwater.queries.model import CONTENT_TYPES, TRUNCATED_HEADER, Format, Question
from headwater.queries.parameters import Parameter, Value, declared
from headwater.questions import history, saved
from headwater.questions.model import MOST_ASKED, Asked, Chart, Saved
from headwater.semantics import keeping

ASKING: Final = (Permission.WAREHOUSE_READ, Permission.PII_READ)

Name = Annotated[str, Meta(description="What people find it by; unlike all others.")]


class AskedQuery(msgspec.Struct, frozen=True, rename="camel"):
    """A question that the caller asked: `rows` is null and `error` says why where it failed."""

    id: str
    at: str
    sql: str
    milliseconds: int
    rows: int | None
    truncated: bool
    error: str


class HistoryQuery(msgspec.Struct, frozen=True):
    text: Annotated[str, Meta(max_length=1000, description="What the SQL must hold.")] = ""
    count: Annotated[int, Meta(ge=1, le=MOST_ASKED)] = 50


class HistoryAnswer(msgspec.Struct, frozen=True):
    history: list[AskedQuery]


class SavedQuery(msgspec.Struct, frozen=True, rename="camel"):
    """A question kept under a name. `parameters` are those that its SQL names; `chart` is how the
    console draws it, null where nobody chose."""

    id: str
    name: str
    description: str
    sql: str
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str
    parameters: tuple[Parameter, ...]
    chart: Chart | None


class SavedAnswer(msgspec.Struct, frozen=True, rename="camel"):
    saved_query: SavedQuery


class SavedListAnswer(msgspec.Struct, frozen=True, rename="camel"):
    saved_queries: list[SavedQuery]


class CreateSavedQuery(msgspec.Struct, frozen=True):
    name: Name
    sql: str
    description: str = ""
    chart: Chart | None = None


class ChangeSavedQuery(msgspec.Struct, frozen=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    sql: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    chart: Chart | UnsetType | None = UNSET


class RowsQuery(msgspec.Struct, frozen=True):
    format: Literal["csv", "json", "parquet", "arrow", "xlsx"] = "csv"
    parameters: Annotated[
        str,
        Meta(max_length=100_000, description="The values of its {{name}}s, as a JSON object."),
    ] = ""


async def asked(call: Call) -> Response:
    """The newest first. Questions are remembered where `remember` was sent with them."""
    wanted = call.asked(HistoryQuery)
    found = await run_in_threadpool(
        history.asked,
        call.context.changes,
        call.principal,
        text=wanted.text,
        count=wanted.count,
    )
    return answer(Data(HistoryAnswer([_asked(each) for each in found])))


async def forget_all(call: Call) -> Response:
    await run_in_threadpool(history.forget, call.context.changes, call.principal)
    return answer(DONE)


async def forget(call: Call) -> Response:
    """Nothing happens where it is forgotten already."""
    asked_id = call.path("asked_id")
    await run_in_threadpool(history.forget, call.context.changes, call.principal, asked_id)
    return answer(DONE)


async def index(call: Call) -> Response:
    found = await run_in_threadpool(saved.listed, call.context.changes, call.principal)
    return answer(Data(SavedListAnswer([_saved(each) for each in found])))


async def create(call: Call) -> Response:
    body = await call.body(CreateSavedQuery)
    made = await run_in_threadpool(
        saved.create,
        call.context.changes,
        call.principal,
        name=body.name,
        sql=body.sql,
        description=body.description,
        chart=body.chart,
    )
    return answer(Data(SavedAnswer(_saved(made))), 201)


async def show(call: Call) -> Response:
    return answer(Data(SavedAnswer(_saved(await _one(call)))))


async def change(call: Call) -> Response:
    """Its author may, and whoever administers the warehouse."""
    body = await call.body(ChangeSavedQuery)
    after = await run_in_threadpool(
        saved.change,
        call.context.changes,
        call.principal,
        call.path("saved_id"),
        name=_given(body.name),
        sql=_given(body.sql),
        description=_given(body.description),
        chart=body.chart,
    )
    return answer(Data(SavedAnswer(_saved(after))))


async def remove(call: Call) -> Response:
    """Its author may, and whoever administers the warehouse."""
    saved_id = call.path("saved_id")
    await run_in_threadpool(saved.remove, call.context.changes, call.principal, saved_id)
    return answer(DONE)


async def rows(call: Call) -> Response:
    """What a saved query answers now: an address for spreadsheets and BI tools, which send the
    token as the password of basic authentication."""
    wanted = call.asked(RowsQuery)
    format_, parameters = Format(wanted.format), _parameters(wanted.parameters)
    held = await _one(call)
    call.context.changes.record_read(call.principal, "SQL", held.sql)
    meant = await run_in_threadpool(
        keeping.question, call.context.changes, call.principal, held.sql
    )
    question = Question(
        sql=meant.sql,
        workspace_id=call.principal.workspace_id,
        format=format_,
        parameters=parameters,
    )
    stack = AsyncExitStack()
    response = await stack.enter_async_context(call.context.warehouse.query(question))
    headers = {TRUNCATED_HEADER: response.headers.get(TRUNCATED_HEADER, "false")}
    return StreamingResponse(
        passed_on(stack, response), headers=headers, media_type=CONTENT_TYPES[format_]
    )


def _parameters(text: str) -> dict[str, Value]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Value])
    except msgspec.DecodeError as error:
        raise InvalidError(
            f"parameters: is not a JSON object of values: {error}.",
            field="parameters",
            hint='Send ?parameters={"least":10}, its letters escaped as an address needs it.',
        ) from error


async def _one(call: Call) -> Saved:
    return await run_in_threadpool(
        saved.one, call.context.changes, call.principal, call.path("saved_id")
    )


def _given(value: str | UnsetType) -> str | None:
    return None if isinstance(value, UnsetType) else value


def _asked(each: Asked) -> AskedQuery:
    return AskedQuery(
        each.id,
        isoformat(each.at),
        each.sql,
        each.milliseconds,
        each.rows,
        each.truncated,
        each.error,
    )


def _saved(each: Saved) -> SavedQuery:
    return SavedQuery(
        id=each.id,
        name=each.name,
        description=each.description,
        sql=each.sql,
        created_at=isoformat(each.created_at),
        created_by=each.created_by_name or each.created_by,
        updated_at=isoformat(each.updated_at),
        updated_by=each.updated_by_name,
        parameters=declared(each.sql),
        chart=each.chart,
    )


def _route(method: str, path: str, handle: object, summary: str, **more: object) -> ApiRoute:
    return ApiRoute(method, path, ASKING, handle, Doc(summary, "SQL", **more))  # type: ignore[arg-type]


_HISTORY = "/api/query/history"
_SAVED = "/api/saved-queries"

ROUTES = (
    _route(
        "GET",
        _HISTORY,
        asked,
        "What the caller asked of late.",
        query=HistoryQuery,
        answer=Data[HistoryAnswer],
    ),
    _route("DELETE", _HISTORY, forget_all, "Forget all of it.", answer=Data[Status]),
    _route("DELETE", f"{_HISTORY}/{{asked_id}}", forget, "Forget one of it.", answer=Data[Status]),
    _route("GET", _SAVED, index, "The saved queries, by name.", answer=Data[SavedListAnswer]),
    _route(
        "POST",
        _SAVED,
        create,
        "Save a query.",
        body=CreateSavedQuery,
        answer=Data[SavedAnswer],
        status=201,
        errors=(409,),
    ),
    _route("GET", f"{_SAVED}/{{saved_id}}", show, "One saved query.", answer=Data[SavedAnswer]),
    _route(
        "PATCH",
        f"{_SAVED}/{{saved_id}}",
        change,
        "Change a saved query.",
        body=ChangeSavedQuery,
        answer=Data[SavedAnswer],
        errors=(409,),
    ),
    _route(
        "DELETE", f"{_SAVED}/{{saved_id}}", remove, "Remove a saved query.", answer=Data[Status]
    ),
    _route(
        "GET",
        f"{_SAVED}/{{saved_id}}/rows",
        rows,
        "What a saved query answers now.",
        query=RowsQuery,
        media=tuple(CONTENT_TYPES.values()),
        errors=(400, 503),
    ),
)
