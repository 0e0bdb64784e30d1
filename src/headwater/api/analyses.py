"""/api/analyses: what can be analysed, and asking."""

from functools import partial
from typing import Any, Final

import anyio.from_thread
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.analytics.asking import WarehouseEngine
from headwater.analytics.events import Events
from headwater.analytics.kinds import KINDS
from headwater.analytics.model import Analysis
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.kit.clock import to_datetime


class Described(msgspec.Struct, frozen=True):
    """A kind of analysis, and what it may be asked, as a JSON schema."""

    name: str
    title: str
    summary: str
    schema: dict[str, Any]


class Analyses(msgspec.Struct, frozen=True):
    """The kinds that there are."""

    analyses: list[Described]


class Analysed(msgspec.Struct, frozen=True):
    """What was asked, with what was left out filled in; the answer; and the questions that the
    warehouse was asked."""

    kind: str
    request: Any
    answer: Any
    sql: list[str]


async def listed(call: Call) -> Response:  # noqa: ARG001
    return answer(
        Data(
            Analyses(
                [
                    Described(
                        each.name, each.title, each.summary, msgspec.json.schema(each.request)
                    )
                    for each in KINDS.values()
                ]
            )
        )
    )


async def ask(call: Call, kind: Analysis) -> Response:
    """The warehouse is asked under the same limits as in SQL."""
    request = await call.body(kind.request)
    wait = anyio.from_thread.run
    engine = WarehouseEngine(call.context.warehouse, call.principal.workspace_id, wait)
    data = Events(engine, to_datetime(call.context.clock.now()), request.people)
    call.context.changes.record_read(
        call.principal, "Analysis", f"{kind.name} {msgspec.json.encode(request).decode()}"
    )
    found = await run_in_threadpool(partial(kind.ask, request, data))
    return answer(Data(Analysed(kind.name, request, found, engine.asked)))


def _route(kind: Analysis) -> ApiRoute:
    async def handle(call: Call) -> Response:
        return await ask(call, kind)

    handle.__name__ = f"ask_{kind.name.replace('-', '_')}"
    handle.__doc__ = kind.doc
    return ApiRoute(
        "POST",
        f"/api/analyses/{kind.name}",
        (Permission.WAREHOUSE_READ, Permission.PII_READ),
        handle,
        Doc(
            f"Analyse: {kind.title.lower()}.",
            "Analyses",
            body=kind.request,
            answer=Data[Analysed],
            errors=(503,),
        ),
    )


ROUTES: Final = (
    ApiRoute(
        "GET",
        "/api/analyses",
        Permission.WAREHOUSE_READ,
        listed,
        Doc("List the kinds of analysis.", "Analyses", answer=Data[Analyses]),
    ),
    *map(_route, KINDS.values()),
)
