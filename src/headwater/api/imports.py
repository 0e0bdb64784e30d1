"""Imports that run or ran, as the commands that run them tell of them."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import hidden, visible
from headwater.errors import NotFoundError
from headwater.imports import record
from headwater.imports.record import ImportProgress, ImportRun, NewImport
from headwater.search.masking import MASK


class ImportsQuery(msgspec.Struct, frozen=True):
    """Which imports."""

    source: Annotated[
        tuple[str, ...], Meta(max_length=1000, description="Into these: id, slug or name.")
    ] = ()


class OneImport(msgspec.Struct, frozen=True, rename={"run": "import"}):
    """An import."""

    run: ImportRun


class Imports(msgspec.Struct, frozen=True):
    """Imports, the newest first."""

    imports: list[ImportRun]


async def index(call: Call) -> Response:
    among = await visible(call, call.asked(ImportsQuery).source)
    found = await run_in_threadpool(
        record.listed, call.context.changes, call.principal, {source.id for source in among}
    )
    unseen = hidden(call, among)
    return answer(Data(Imports([_shown(each, unseen) for each in found])))


async def show(call: Call) -> Response:
    """Rejected rows are hidden from who may not see personal data."""
    found = await run_in_threadpool(
        record.show, call.context.changes, call.principal, call.path("import_id")
    )
    return answer(Data(OneImport(await _seen(call, found))))


async def begin(call: Call) -> Response:
    """An import that ran before, by its `importId`, goes on as the same one."""
    wanted = await call.body(NewImport)
    await _require(call, wanted.source_id)
    begun = await run_in_threadpool(record.begin, call.context.changes, call.principal, wanted)
    return answer(Data(OneImport(begun)), 201)


async def advance(call: Call) -> Response:
    """What is left out stays as it was."""
    progress = await call.body(ImportProgress)
    changes, by, import_id = call.context.changes, call.principal, call.path("import_id")
    known = await run_in_threadpool(record.show, changes, by, import_id)
    await _require(call, known.source_id)
    advanced = await run_in_threadpool(record.advance, changes, by, import_id, progress)
    return answer(Data(OneImport(advanced)))


async def _require(call: Call, source_id: str) -> None:
    source = await run_in_threadpool(sources.one, call.context.changes, call.principal, source_id)
    call.principal.require(Permission.SOURCE_ADMIN, sources.resource(source))


async def _seen(call: Call, run: ImportRun) -> ImportRun:
    among = await visible(call)
    if not any(source.id == run.source_id for source in among):
        raise NotFoundError(f"There is no import {run.id!r}.")
    return _shown(run, hidden(call, among))


def _shown(run: ImportRun, unseen: frozenset[str]) -> ImportRun:
    if run.source_id not in unseen:
        return run
    hidden_rows = [msgspec.structs.replace(each, row=MASK, reason=MASK) for each in run.rejects]
    return msgspec.structs.replace(run, rejects=hidden_rows)


ROUTES = (
    ApiRoute(
        "GET",
        "/api/imports",
        OnSome(Permission.SOURCE_READ),
        index,
        Doc(
            "The imports that run or ran.",
            "Imports",
            query=ImportsQuery,
            answer=Data[Imports],
            errors=(404,),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/imports/{import_id}",
        OnSome(Permission.SOURCE_READ),
        show,
        Doc("How far an import is.", "Imports", answer=Data[OneImport]),
    ),
    ApiRoute(
        "POST",
        "/api/imports",
        OnSome(Permission.SOURCE_ADMIN),
        begin,
        Doc(
            "Tell that an import begins.",
            "Imports",
            body=NewImport,
            answer=Data[OneImport],
            status=201,
            errors=(404,),
        ),
    ),
    ApiRoute(
        "PATCH",
        "/api/imports/{import_id}",
        OnSome(Permission.SOURCE_ADMIN),
        advance,
        Doc("Tell how far an import is.", "Imports", body=ImportProgress, answer=Data[OneImport]),
    ),
)
