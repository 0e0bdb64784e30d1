"""/api/connections: what the server reads elsewhere for its sources, by schedules."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.connection_bodies import (
    ConnectionList,
    CreateConnection,
    NoticeList,
    OneConnection,
    Preview,
    RunConnection,
    RunList,
    Tested,
    TryConnection,
    UpdateConnection,
    shown_connection,
    shown_notice,
)
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, page_of
from headwater.connections import changing
from headwater.connections.kinds.model import Task
from headwater.connections.model import Connection, Sample, shown_run
from headwater.connections.running import Connections
from headwater.search.masking import MASK

_TAG: Final = "Connections"
_READ: Final = OnSome(Permission.SOURCE_READ)
_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)
_OF_SOURCE: Final = "/api/sources/{source_id}/connections"
_ONE: Final = "/api/connections/{connection_id}"


async def index(call: Call) -> Response:
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal)
    return await _listed(call, found)


async def of_source(call: Call) -> Response:
    found = await run_in_threadpool(
        changing.listed, call.context.changes, call.principal, call.path("source_id")
    )
    return await _listed(call, found)


async def _listed(call: Call, found: Sequence[Connection]) -> Response:
    page = page_of(call.asked(Paged).pagination)
    shown = [await _shown(call, each) for each in page.cut(found)]
    return answer(Data(ConnectionList(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    """The first run begins at once. A definition is what `headwater pull` and `headwater consume`
    read from a file; `${NAME}` in it is one of the secrets."""
    body = await call.body(CreateConnection)
    context = call.context
    made = await run_in_threadpool(
        changing.create,
        context.changes,
        call.principal,
        context.vault,
        call.path("source_id"),
        changing.Wanted(body.name, body.definition, body.form, body.secrets, body.schedule),
    )
    return await _moved(call, made, 201)


async def show(call: Call) -> Response:
    return answer(Data(OneConnection(await _shown(call, await _one(call)))))


async def update(call: Call) -> Response:
    """What is left out stays. Secrets that are given are added; an empty one is taken away."""
    body = await call.body(UpdateConnection)
    context = call.context
    made = await run_in_threadpool(
        changing.change,
        context.changes,
        call.principal,
        context.vault,
        call.path("connection_id"),
        changing.Wanted(body.name, body.definition, body.form, body.secrets, body.schedule),
    )
    return await _moved(call, made)


async def remove(call: Call) -> Response:
    """Events that it brought stay."""
    gone = await run_in_threadpool(
        changing.remove, call.context.changes, call.principal, call.path("connection_id")
    )
    _connections(call).wake()
    await run_in_threadpool(_connections(call).forget, gone.id)
    return answer(DONE)


async def pause(call: Call) -> Response:
    """A run that is under way comes to its end at the next good moment."""
    return await _moved(call, await _by(call, changing.pause))


async def resume(call: Call) -> Response:
    """What was missed is one run, at once."""
    return await _moved(call, await _by(call, changing.resume))


async def run(call: Call) -> Response:
    """With `backfill` it reads from the start: `missing` makes events only of what was never seen
    or has changed, `all` of everything, with the messageIds that a first run gives."""
    body = await call.body(RunConnection)
    moved = await run_in_threadpool(
        changing.run_now,
        call.context.changes,
        call.principal,
        call.path("connection_id"),
        body.backfill,
    )
    return await _moved(call, moved)


async def test(call: Call) -> Response:
    """Whether what it reads can be reached: the first rows are read, and nothing is sent."""
    started = time.monotonic()
    events = await _tried(call, await _kept_trial(call))
    return answer(Data(Tested(len(events), round((time.monotonic() - started) * 1000))))


async def preview(call: Call) -> Response:
    """The events of the first rows; nothing is sent."""
    return await _previewed(call, await _kept_trial(call), (await _one(call)).source_id)


async def try_new(call: Call) -> Response:
    """The events of the first rows of a definition that is not kept; nothing is sent. With
    `connectionId` the secrets of that connection stand for those that are not given."""
    body = await call.body(TryConnection)
    source_id = call.path("source_id")
    await run_in_threadpool(_require_admin, call, source_id)
    secrets: Mapping[str, str] = body.secrets
    if body.connection_id:
        kept = await run_in_threadpool(
            changing.one, call.context.changes, call.principal, body.connection_id
        )
        await run_in_threadpool(_require_admin, call, kept.source_id)
        secrets = {**changing.secrets_of(call.context.vault, kept), **secrets}
    task = _connections(call).trial(source_id, body.definition, body.form, secrets)
    return await _previewed(call, task, source_id)


async def runs(call: Call) -> Response:
    found = await run_in_threadpool(
        changing.runs, call.context.changes, call.principal, call.path("connection_id")
    )
    page = page_of(call.asked(Paged).pagination)
    now = call.context.clock.now()
    shown = [shown_run(each, now) for each in page.cut(found)]
    if not await _sees_people(call):
        shown = [
            msgspec.structs.replace(each, samples=[Sample(MASK, MASK) for _ in each.samples])
            for each in shown
        ]
    return answer(Data(RunList(shown, page.of(len(found)))))


async def rejected(call: Call) -> Response:
    """Each line is an object: `reason` and the row. Of a connection that reads only what is new
    those of earlier runs stay."""
    found = await _one(call)
    if not await _sees_people(call):
        call.principal.require(Permission.PII_READ)
    path = _connections(call).rejected(found.id)
    if not path.is_file():
        return Response(b"", media_type="application/x-ndjson")
    return FileResponse(
        path, media_type="application/x-ndjson", filename=f"{found.id}.rejected.jsonl"
    )


async def notices(call: Call) -> Response:
    """Members that appeared or vanished, or have values of other types than before."""
    found = await run_in_threadpool(
        changing.notices, call.context.changes, call.principal, call.path("connection_id")
    )
    page = page_of(call.asked(Paged).pagination)
    return answer(
        Data(NoticeList([shown_notice(each) for each in page.cut(found)], page.of(len(found))))
    )


async def acknowledge(call: Call) -> Response:
    """Somebody has seen all that was noticed so far."""
    await _by(call, changing.acknowledge)
    return answer(DONE)


def _connections(call: Call) -> Connections:
    return call.context.backends.connections


async def _one(call: Call) -> Connection:
    found: Connection = await _by(call, changing.one)
    return found


async def _by(call: Call, do: Any) -> Any:
    return await run_in_threadpool(
        do, call.context.changes, call.principal, call.path("connection_id")
    )


async def _moved(call: Call, connection: Connection, status: int = 200) -> Response:
    _connections(call).wake()
    return answer(Data(OneConnection(await _shown(call, connection))), status)


async def _shown(call: Call, connection: Connection) -> Any:
    return await run_in_threadpool(shown_connection, call.context.changes, connection)


def _require_admin(call: Call, source_id: str) -> None:
    source = sources.one(call.context.changes, call.principal, source_id)
    call.principal.require(Permission.SOURCE_ADMIN, sources.resource(source))


async def _kept_trial(call: Call) -> Task:
    found = await _one(call)
    await run_in_threadpool(_require_admin, call, found.source_id)
    return await run_in_threadpool(_connections(call).task, found)


async def _tried(call: Call, task: Task) -> Sequence[msgspec.Raw]:
    return await _connections(call).try_out(task)


async def _previewed(call: Call, task: Task, source_id: str) -> Response:
    """Who connects a source may see what it reads: they have its password."""
    events = await _tried(call, task)
    call.context.changes.record_read(call.principal, "connection preview", source_id)
    return answer(Data(Preview(events)))


async def _sees_people(call: Call) -> bool:
    found = await _one(call)
    source = await run_in_threadpool(
        sources.one, call.context.changes, call.principal, found.source_id
    )
    may = call.principal.may(Permission.PII_READ, sources.resource(source))
    if may:
        call.context.changes.record_read(call.principal, "connection", found.id)
    return may


ROUTES = (
    ApiRoute(
        "GET",
        "/api/connections",
        _READ,
        index,
        Doc("List connections.", _TAG, query=Paged, answer=Data[ConnectionList]),
    ),
    ApiRoute(
        "GET",
        _OF_SOURCE,
        _READ,
        of_source,
        Doc("List a source's connections.", _TAG, query=Paged, answer=Data[ConnectionList]),
    ),
    ApiRoute(
        "POST",
        _OF_SOURCE,
        _CHANGE,
        create,
        Doc(
            "Connect a source.",
            _TAG,
            body=CreateConnection,
            answer=Data[OneConnection],
            status=201,
            errors=(409,),
        ),
    ),
    ApiRoute(
        "POST",
        f"{_OF_SOURCE}/preview",
        _CHANGE,
        try_new,
        Doc("Try a definition.", _TAG, body=TryConnection, answer=Data[Preview], errors=(400,)),
    ),
    ApiRoute("GET", _ONE, _READ, show, Doc("A connection.", _TAG, answer=Data[OneConnection])),
    ApiRoute(
        "PATCH",
        _ONE,
        _CHANGE,
        update,
        Doc(
            "Change a connection.",
            _TAG,
            body=UpdateConnection,
            answer=Data[OneConnection],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "DELETE", _ONE, _CHANGE, remove, Doc("Remove a connection.", _TAG, answer=Data[Status])
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/pause",
        _CHANGE,
        pause,
        Doc("Pause a connection.", _TAG, answer=Data[OneConnection]),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/resume",
        _CHANGE,
        resume,
        Doc("Resume a connection.", _TAG, answer=Data[OneConnection]),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/run",
        _CHANGE,
        run,
        Doc(
            "Run a connection now.",
            _TAG,
            body=RunConnection,
            answer=Data[OneConnection],
            errors=(409,),
        ),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/test",
        _CHANGE,
        test,
        Doc("Test a connection.", _TAG, answer=Data[Tested], errors=(400,)),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/preview",
        _CHANGE,
        preview,
        Doc("The first events of a connection.", _TAG, answer=Data[Preview], errors=(400,)),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/runs",
        _READ,
        runs,
        Doc("List a connection's runs.", _TAG, query=Paged, answer=Data[RunList]),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/rejected",
        _READ,
        rejected,
        Doc("What a connection rejected.", _TAG, media=("application/x-ndjson",)),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/notices",
        _READ,
        notices,
        Doc("List what was noticed of a connection.", _TAG, query=Paged, answer=Data[NoticeList]),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/notices/acknowledge",
        _CHANGE,
        acknowledge,
        Doc("Acknowledge what was noticed.", _TAG, answer=Data[Status]),
    ),
)
