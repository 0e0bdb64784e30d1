"""/api/insert-function-instances: functions connected to sources."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.function_bodies import (
    ChangeInstance,
    CreateInstance,
    InsertFunctionInstanceAlpha,
    Instances,
    ListedInstances,
    OneInstance,
)
from headwater.api.functions import TAG
from headwater.api.pages import page_of
from headwater.functions import connecting
from headwater.functions.connecting import Wanted
from headwater.functions.model import Instance
from headwater.kit.clock import isoformat


async def index(call: Call) -> Response:
    """In the order in which events go through those of a source."""
    asked = call.asked(ListedInstances)
    page = page_of(asked.pagination)
    found = await run_in_threadpool(
        connecting.listed, call.context.changes, call.principal, asked.function_id
    )
    shown = await run_in_threadpool(_all_shown, call, page.cut(found))
    return answer(Data(Instances(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    """An INSERT_SOURCE function gets the source's events before they are accepted; a SOURCE
    function makes events of what a source of the type webhook receives. Functions of destinations
    are refused with 422 until there are destinations."""
    body = await call.body(CreateInstance)
    context = call.context
    made = await run_in_threadpool(
        connecting.create,
        context.changes,
        call.principal,
        context.vault,
        body.function_id,
        body.integration_id,
        Wanted(_given(body.name), body.enabled, body.settings),
    )
    return answer(Data(OneInstance(_shown(call, made))))


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        connecting.one, call.context.changes, call.principal, call.path("instance_id")
    )
    return answer(Data(OneInstance(_shown(call, found))))


async def change(call: Call) -> Response:
    body = await call.body(ChangeInstance)
    context = call.context
    after = await run_in_threadpool(
        connecting.change,
        context.changes,
        call.principal,
        context.vault,
        call.path("instance_id"),
        Wanted(_given(body.name), _given(body.enabled), _given(body.settings)),
    )
    return answer(Data(OneInstance(_shown(call, after))))


async def remove(call: Call) -> Response:
    await run_in_threadpool(
        connecting.remove, call.context.changes, call.principal, call.path("instance_id")
    )
    return answer(DONE)


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _all_shown(call: Call, found: Sequence[Instance]) -> list[InsertFunctionInstanceAlpha]:
    return [_shown(call, each) for each in found]


def _shown(call: Call, held: Instance) -> InsertFunctionInstanceAlpha:
    return InsertFunctionInstanceAlpha(
        id=held.id,
        name=held.name,
        integration_id=held.source_id,
        class_id=held.function_id,
        enabled=held.enabled,
        created_at=isoformat(held.created_at),
        updated_at=isoformat(held.updated_at),
        settings=held.settings,
        encrypted_settings=connecting.masked(held, call.context.vault),
    )


_READ: Final = OnSome(Permission.FUNCTION_READ)
_ADMIN: Final = OnSome(Permission.FUNCTION_ADMIN)
_PATH: Final = "/api/insert-function-instances"
_ONE: Final = f"{_PATH}/{{instance_id}}"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        _READ,
        index,
        Doc(
            "List the connected functions.",
            TAG,
            query=ListedInstances,
            answer=Data[Instances],
            operation="listInsertFunctionInstances",
            errors=(404,),
        ),
    ),
    ApiRoute(
        "POST",
        _PATH,
        _ADMIN,
        create,
        Doc(
            "Connect a function to a source.",
            TAG,
            body=CreateInstance,
            answer=Data[OneInstance],
            operation="createInsertFunctionInstance",
            errors=(404, 409),
        ),
    ),
    ApiRoute(
        "GET",
        _ONE,
        _READ,
        show,
        Doc(
            "One connected function.",
            TAG,
            answer=Data[OneInstance],
            operation="getInsertFunctionInstance",
        ),
    ),
    ApiRoute(
        "PATCH",
        _ONE,
        _ADMIN,
        change,
        Doc(
            "Change a connected function.",
            TAG,
            body=ChangeInstance,
            answer=Data[OneInstance],
            operation="updateInsertFunctionInstance",
        ),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        _ADMIN,
        remove,
        Doc(
            "Disconnect a function.",
            TAG,
            answer=Data[Status],
            operation="deleteInsertFunctionInstance",
        ),
    ),
)
