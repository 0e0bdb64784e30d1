"""Destinations: where events go on to."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api import sources
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.pages import Page, Paged, PaginationOutput, asked
from headwater.workspaces.catalog.model import DestinationMetadataV1


class DestinationV1(msgspec.Struct, frozen=True, rename="camel"):
    """A destination: a source's connection to a kind of destination."""

    id: str
    enabled: bool
    metadata: DestinationMetadataV1
    source_id: str
    settings: dict[str, Any]
    name: str | UnsetType = UNSET


class DestinationsPage(msgspec.Struct, frozen=True):
    """A page of destinations."""

    destinations: list[DestinationV1]
    pagination: PaginationOutput


async def index(call: Call) -> Response:
    """There is no kind of destination yet, so no workspace has any."""
    return _empty(asked(call.request.query_params))


async def connected(call: Call) -> Response:
    page = asked(call.request.query_params)
    await sources.one(call)
    return _empty(page)


def _empty(page: Page) -> Response:
    return answer(Data(DestinationsPage([], page.of(0))))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/destinations",
        OnSome(Permission.SOURCE_READ),
        index,
        Doc(
            "List the destinations.",
            "Destinations",
            operation="listDestinations",
            query=Paged,
            answer=Data[DestinationsPage],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/sources/{source_id}/connected-destinations",
        OnSome(Permission.SOURCE_READ),
        connected,
        Doc(
            "List the destinations of a source.",
            "Sources",
            operation="listConnectedDestinationsFromSource",
            query=Paged,
            answer=Data[DestinationsPage],
        ),
    ),
)
