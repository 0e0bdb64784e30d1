"""Warehouses: where events are loaded. Each workspace has the embedded one, for every source.

What Segment's warehouses can be told and this one cannot (to leave a source out, to load at set
hours, to be deleted) is refused with a reason.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources as access_sources
from headwater.access import warehouses
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api import sources
from headwater.api.frame import ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.api.sources import SourcesPage
from headwater.errors import ConflictError, HeadwaterError, InvalidError
from headwater.workspaces import catalog
from headwater.workspaces.catalog.model import WarehouseMetadataV1
from headwater.workspaces.warehouses import Warehouse


class WarehouseV1(msgspec.Struct, frozen=True, rename="camel"):
    """A warehouse. Its settings have its name, as Segment's have."""

    id: str
    metadata: WarehouseMetadataV1
    workspace_id: str
    enabled: bool
    settings: dict[str, Any]


class OneWarehouse(msgspec.Struct, frozen=True):
    """A warehouse."""

    warehouse: WarehouseV1


class WarehousesPage(msgspec.Struct, frozen=True):
    """A page of warehouses."""

    warehouses: list[WarehouseV1]
    pagination: PaginationOutput


class CreateWarehouse(msgspec.Struct, frozen=True, rename="camel"):
    """What would make a warehouse."""

    metadata_id: str
    settings: dict[str, Any]
    name: str | UnsetType = UNSET
    enabled: bool = True
    disconnect_all_sources: bool = False


class UpdateWarehouse(msgspec.Struct, frozen=True):
    """What to change of a warehouse; what is left out stays."""

    settings: dict[str, Any] = {}
    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ValidateWarehouse(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of warehouse, and settings to try."""

    metadata_id: str
    settings: dict[str, Any]


class Connection(msgspec.Struct, frozen=True):
    """Whether the source is loaded into the warehouse."""

    status: Literal["CONNECTED", "NOT_CONNECTED"]


class Validation(msgspec.Struct, frozen=True):
    """Whether the warehouse can be reached."""

    status: Literal["CONNECTED", "FAILED"]


class ConnectionState(msgspec.Struct, frozen=True, rename="camel"):
    """Whether the warehouse can be reached."""

    connection_state: Literal["CONNECTED", "FAILED"]


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(warehouses.listed, call.context.changes, call.principal)
    shown = [_shown(each) for each in page.cut(found)]
    return answer(Data(WarehousesPage(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    """A workspace has the embedded warehouse from its beginning, and no other kind exists yet."""
    body = await call.body(CreateWarehouse)
    _require_kind(body.metadata_id)
    raise ConflictError(
        "The workspace has its warehouse already.", hint="List it: GET /api/warehouses."
    )


async def show(call: Call) -> Response:
    return answer(Data(OneWarehouse(_shown(await _one(call)))))


async def change(call: Call) -> Response:
    body = await call.body(UpdateWarehouse)
    found = await run_in_threadpool(
        warehouses.changeable, call.context.changes, call.principal, call.path("warehouse_id")
    )
    if body.enabled is False:
        raise ConflictError("The embedded warehouse cannot be disabled.", hint="Disable sources.")
    name = body.settings.get("name", found.name) if body.name is UNSET else body.name
    if not isinstance(name, str):
        raise InvalidError("settings.name: must be text.", field="settings.name")
    unknown = sorted(set(body.settings) - {"name"})
    if unknown:
        raise InvalidError(
            f"settings.{unknown[0][:100]}: is no setting of this warehouse.",
            field="settings",
            hint="It has a name and nothing else to set.",
        )
    renamed = await run_in_threadpool(
        warehouses.rename, call.context.changes, call.principal, found.id, name
    )
    return answer(Data(OneWarehouse(_shown(renamed))))


async def remove(call: Call) -> Response:
    """Always refused: a workspace keeps its warehouse."""
    await run_in_threadpool(
        warehouses.changeable, call.context.changes, call.principal, call.path("warehouse_id")
    )
    raise ConflictError("The embedded warehouse cannot be deleted.")


async def validate(call: Call) -> Response:
    body = await call.body(ValidateWarehouse)
    _require_kind(body.metadata_id)
    return answer(Data(Validation(await _state(call))))


async def state(call: Call) -> Response:
    await _one(call)
    return answer(Data(ConnectionState(await _state(call))))


async def connected_sources(call: Call) -> Response:
    page = asked(call.request.query_params)
    await _one(call)
    found = await run_in_threadpool(access_sources.listed, call.context.changes, call.principal)
    shown = await sources.shown_all(call, page.cut(found))
    return answer(Data(SourcesPage(shown, page.of(len(found)))))


async def connected_warehouses(call: Call) -> Response:
    page = asked(call.request.query_params)
    await sources.one(call)
    found = await run_in_threadpool(warehouses.listed, call.context.changes, call.principal)
    shown = [_shown(each) for each in page.cut(found)]
    return answer(Data(WarehousesPage(shown, page.of(len(found)))))


async def connect(call: Call) -> Response:
    """Every source is connected from its beginning."""
    await _both(call)
    return answer(Data(Connection("CONNECTED")), 201)


async def disconnect(call: Call) -> Response:
    """Always refused: the embedded warehouse takes every source."""
    await _both(call)
    raise ConflictError(
        "The embedded warehouse takes every source.",
        hint="Disable the source, and nothing more of it is taken.",
    )


async def _both(call: Call) -> None:
    """Connecting two things takes the right to change both."""
    await run_in_threadpool(
        warehouses.changeable, call.context.changes, call.principal, call.path("warehouse_id")
    )
    found = await sources.one(call)
    call.principal.require(Permission.SOURCE_ADMIN, access_sources.resource(found))


async def _one(call: Call) -> Warehouse:
    return await run_in_threadpool(
        warehouses.one, call.context.changes, call.principal, call.path("warehouse_id")
    )


async def _state(call: Call) -> Literal["CONNECTED", "FAILED"]:
    try:
        await call.context.warehouse.health()
    except HeadwaterError:
        return "FAILED"
    return "CONNECTED"


def _shown(warehouse: Warehouse) -> WarehouseV1:
    return WarehouseV1(
        id=warehouse.id,
        metadata=catalog.WAREHOUSES[warehouse.kind],
        workspace_id=warehouse.workspace_id,
        enabled=True,
        settings={"name": warehouse.name},
    )


def _require_kind(kind: str) -> None:
    if kind not in catalog.WAREHOUSES:
        known = ", ".join(catalog.WAREHOUSES)
        raise InvalidError(
            f"metadataId: must be one of {known}, not {kind[:100]!r}.", field="metadataId"
        )


_READ = OnSome(Permission.WAREHOUSE_READ)
_ADMIN = OnSome(Permission.WAREHOUSE_ADMIN)

ROUTES = (
    ApiRoute(
        "GET",
        "/api/warehouses",
        _READ,
        index,
        Doc(
            "List the warehouses.",
            "Warehouses",
            operation="listWarehouses",
            query=Paged,
            answer=Data[WarehousesPage],
        ),
    ),
    ApiRoute(
        "POST",
        "/api/warehouses",
        Permission.WAREHOUSE_ADMIN,
        create,
        Doc(
            "Make a warehouse.",
            "Warehouses",
            operation="createWarehouse",
            body=CreateWarehouse,
            answer=Data[OneWarehouse],
            status=201,
        ),
    ),
    ApiRoute(
        "POST",
        "/api/warehouses/validation",
        Permission.WAREHOUSE_ADMIN,
        validate,
        Doc(
            "Try the settings of a warehouse.",
            "Warehouses",
            operation="createValidationInWarehouse",
            body=ValidateWarehouse,
            answer=Data[Validation],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/warehouses/{warehouse_id}",
        _READ,
        show,
        Doc("Show a warehouse.", "Warehouses", operation="getWarehouse", answer=Data[OneWarehouse]),
    ),
    ApiRoute(
        "PATCH",
        "/api/warehouses/{warehouse_id}",
        _ADMIN,
        change,
        Doc(
            "Change a warehouse.",
            "Warehouses",
            operation="updateWarehouse",
            body=UpdateWarehouse,
            answer=Data[OneWarehouse],
        ),
    ),
    ApiRoute(
        "DELETE",
        "/api/warehouses/{warehouse_id}",
        _ADMIN,
        remove,
        Doc(
            "Delete a warehouse.",
            "Warehouses",
            operation="deleteWarehouse",
            answer=Data[Status],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/warehouses/{warehouse_id}/connection-state",
        _READ,
        state,
        Doc(
            "Show whether a warehouse can be reached.",
            "Warehouses",
            operation="getConnectionStateFromWarehouse",
            answer=Data[ConnectionState],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/warehouses/{warehouse_id}/connected-sources",
        _READ,
        connected_sources,
        Doc(
            "List the sources that are loaded into a warehouse.",
            "Warehouses",
            operation="listConnectedSourcesFromWarehouse",
            query=Paged,
            answer=Data[SourcesPage],
        ),
    ),
    ApiRoute(
        "POST",
        "/api/warehouses/{warehouse_id}/connected-sources/{source_id}",
        _ADMIN,
        connect,
        Doc(
            "Load a source into a warehouse.",
            "Warehouses",
            operation="addConnectionFromSourceToWarehouse",
            answer=Data[Connection],
            status=201,
        ),
    ),
    ApiRoute(
        "DELETE",
        "/api/warehouses/{warehouse_id}/connected-sources/{source_id}",
        _ADMIN,
        disconnect,
        Doc(
            "Load a source into a warehouse no more.",
            "Warehouses",
            operation="removeSourceConnectionFromWarehouse",
            answer=Data[Status],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/sources/{source_id}/connected-warehouses",
        OnSome(Permission.SOURCE_READ),
        connected_warehouses,
        Doc(
            "List the warehouses that a source is loaded into.",
            "Sources",
            operation="listConnectedWarehousesFromSource",
            query=Paged,
            answer=Data[WarehousesPage],
        ),
    ),
)
