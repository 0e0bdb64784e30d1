"""How much comes in, how fresh it is, and whether all is well."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.visible import visible
from headwater.volumes.model import Overview, SourceVolume
from headwater.volumes.reading import MOST_HOURS


class HoursQuery(msgspec.Struct, frozen=True):
    """How far back."""

    hours: Annotated[int, Meta(ge=1, le=MOST_HOURS, description="The present one included.")] = 24


class OneOverview(msgspec.Struct, frozen=True):
    """All in one."""

    overview: Overview


class SourceVolumes(msgspec.Struct, frozen=True):
    """A volume for each source that the caller may see."""

    sources: list[SourceVolume]


async def overview(call: Call) -> Response:
    """Of the sources that the caller may see."""
    hours = call.asked(HoursQuery).hours
    found = await call.context.backends.volumes.overview(
        call.principal.workspace_id, await visible(call), hours
    )
    return answer(Data(OneOverview(found)))


async def by_source(call: Call) -> Response:
    """What became of each source's events, its rhythm, and whether it fell silent."""
    hours = call.asked(HoursQuery).hours
    found = await call.context.backends.volumes.by_source(
        call.principal.workspace_id, await visible(call), hours
    )
    return answer(Data(SourceVolumes(list(found.values()))))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/volumes/overview",
        OnSome(Permission.SOURCE_READ),
        overview,
        Doc(
            "Whether all is well: volumes, balance, freshness, quarantine.",
            "Volumes",
            query=HoursQuery,
            answer=Data[OneOverview],
            errors=(503,),
        ),
    ),
    ApiRoute(
        "GET",
        "/api/volumes/sources",
        OnSome(Permission.SOURCE_READ),
        by_source,
        Doc(
            "The volume of each source.",
            "Volumes",
            query=HoursQuery,
            answer=Data[SourceVolumes],
            errors=(503,),
        ),
    ),
)
