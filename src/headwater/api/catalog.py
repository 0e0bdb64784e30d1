"""The kinds of source, warehouse and destination that there are to choose from."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from starlette.responses import Response

from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.errors import NotFoundError
from headwater.workspaces import catalog
from headwater.workspaces.catalog.model import (
    DestinationMetadataV1,
    SourceMetadataV1,
    WarehouseMetadataV1,
)

_T = TypeVar("_T")


class SourcesCatalog(msgspec.Struct, frozen=True, rename="camel"):
    """A page of the kinds of source."""

    sources_catalog: list[SourceMetadataV1]
    pagination: PaginationOutput


class OneSourceMetadata(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of source."""

    source_metadata: SourceMetadataV1


class WarehousesCatalog(msgspec.Struct, frozen=True, rename="camel"):
    """A page of the kinds of warehouse."""

    warehouses_catalog: list[WarehouseMetadataV1]
    pagination: PaginationOutput


class OneWarehouseMetadata(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of warehouse."""

    warehouse_metadata: WarehouseMetadataV1


class DestinationsCatalog(msgspec.Struct, frozen=True, rename="camel"):
    """A page of the kinds of destination."""

    destinations_catalog: list[DestinationMetadataV1]
    pagination: PaginationOutput


class OneDestinationMetadata(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of destination."""

    destination_metadata: DestinationMetadataV1


async def sources(call: Call) -> Response:
    return answer(Data(SourcesCatalog(*_page(call, catalog.SOURCES))))


async def source(call: Call) -> Response:
    return answer(Data(OneSourceMetadata(_one(call, "source", catalog.SOURCES))))


async def warehouses(call: Call) -> Response:
    return answer(Data(WarehousesCatalog(*_page(call, catalog.WAREHOUSES))))


async def warehouse(call: Call) -> Response:
    return answer(Data(OneWarehouseMetadata(_one(call, "warehouse", catalog.WAREHOUSES))))


async def destinations(call: Call) -> Response:
    return answer(Data(DestinationsCatalog(*_page(call, catalog.DESTINATIONS))))


async def destination(call: Call) -> Response:
    return answer(Data(OneDestinationMetadata(_one(call, "destination", catalog.DESTINATIONS))))


def _page(call: Call, kinds: Mapping[str, _T]) -> tuple[list[_T], PaginationOutput]:
    page = asked(call.request.query_params)
    return page.cut(list(kinds.values())), page.of(len(kinds))


def _one(call: Call, noun: str, kinds: Mapping[str, _T]) -> _T:
    wanted = call.path(f"{noun}_metadata_id")
    if wanted not in kinds:
        known = ", ".join(kinds) or "none yet"
        raise NotFoundError(f"There is no kind of {noun} {wanted!r}.", hint=f"There are: {known}.")
    return kinds[wanted]


ROUTES = (
    ApiRoute(
        "GET",
        "/api/catalog/sources",
        Access.MEMBER,
        sources,
        Doc(
            "List the kinds of source.",
            "Catalog",
            operation="getSourcesCatalog",
            query=Paged,
            answer=Data[SourcesCatalog],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/catalog/sources/{source_metadata_id}",
        Access.MEMBER,
        source,
        Doc(
            "Show a kind of source.",
            "Catalog",
            operation="getSourceMetadata",
            answer=Data[OneSourceMetadata],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/catalog/warehouses",
        Access.MEMBER,
        warehouses,
        Doc(
            "List the kinds of warehouse.",
            "Catalog",
            operation="getWarehousesCatalog",
            query=Paged,
            answer=Data[WarehousesCatalog],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/catalog/warehouses/{warehouse_metadata_id}",
        Access.MEMBER,
        warehouse,
        Doc(
            "Show a kind of warehouse.",
            "Catalog",
            operation="getWarehouseMetadata",
            answer=Data[OneWarehouseMetadata],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/catalog/destinations",
        Access.MEMBER,
        destinations,
        Doc(
            "List the kinds of destination.",
            "Catalog",
            operation="getDestinationsCatalog",
            query=Paged,
            answer=Data[DestinationsCatalog],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/catalog/destinations/{destination_metadata_id}",
        Access.MEMBER,
        destination,
        Doc(
            "Show a kind of destination.",
            "Catalog",
            operation="getDestinationMetadata",
            answer=Data[OneDestinationMetadata],
        ),
    ),
)
