"""How many events there are, by time and by what they are."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.pages import Paged, PaginationOutput, page_of
from headwater.errors import InvalidError
from headwater.queries.times import moment
from headwater.volumes.model import Granularity, GroupBy, Series, VolumesWanted
from headwater.workspaces.model import Source

_Names = Annotated[tuple[str, ...], Meta(max_length=200)]


class EventsVolumeQuery(Paged, frozen=True, kw_only=True, rename="camel"):
    """Which events are counted, and how."""

    granularity: Granularity
    start_time: Annotated[str, Meta(description="Received at or after this, ISO 8601.")]
    end_time: Annotated[str, Meta(description="Received before this, ISO 8601.")]
    group_by: Annotated[
        tuple[str, ...], Meta(max_length=10, description="source, eventName, eventType.")
    ] = ()
    source_id: _Names = ()
    event_name: _Names = ()
    event_type: _Names = ()
    app_version: _Names = ()


class GetEventsVolumeFromWorkspaceV1Query(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """What was asked."""

    workspace_id: str
    granularity: Granularity
    start_time: str
    end_time: str
    group_by: tuple[str, ...] = ()
    source_id: tuple[str, ...] = ()
    event_name: tuple[str, ...] = ()
    event_type: tuple[str, ...] = ()
    app_version: tuple[str, ...] = ()
    limit: int = 0


class EventSourceV1(msgspec.Struct, frozen=True):
    """A source."""

    id: str
    name: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET


class SourceEventVolumeDatapointV1(msgspec.Struct, frozen=True):
    """How many events were received in the time that begins at `time`."""

    time: str
    count: int


class SourceEventVolumeV1(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The volume of a group, without a gap."""

    source: EventSourceV1 | UnsetType = UNSET
    event_name: str | UnsetType = UNSET
    event_type: str | UnsetType = UNSET
    total: int
    series: list[SourceEventVolumeDatapointV1]


class EventsVolume(msgspec.Struct, frozen=True):
    """Volumes, the largest group first."""

    path: str
    query: GetEventsVolumeFromWorkspaceV1Query
    result: list[SourceEventVolumeV1]
    pagination: PaginationOutput


async def show(call: Call) -> Response:
    """Counted are stored events; one that was sent is there a moment later. No group is without
    events, and without groups there is one series of all."""
    asked = call.asked(EventsVolumeQuery)
    page = page_of(asked.pagination)
    wanted = VolumesWanted(
        granularity=asked.granularity,
        start=moment(asked.start_time, name="startTime"),
        end=moment(asked.end_time, name="endTime"),
        group_by=_groups(asked.group_by),
        source_ids=asked.source_id,
        event_names=asked.event_name,
        event_types=asked.event_type,
        app_versions=asked.app_version,
    )
    seen = await run_in_threadpool(sources.listed, call.context.changes, call.principal)
    by_id = {source.id: source for source in seen}
    workspace_id = call.principal.workspace_id
    series = await call.context.backends.volumes.series(workspace_id, seen, wanted)
    query = GetEventsVolumeFromWorkspaceV1Query(
        workspace_id=workspace_id,
        granularity=asked.granularity,
        start_time=asked.start_time,
        end_time=asked.end_time,
        group_by=tuple(wanted.group_by),
        source_id=asked.source_id,
        event_name=asked.event_name,
        event_type=asked.event_type,
        app_version=asked.app_version,
        limit=page.count,
    )
    shown = [_shown(each, by_id) for each in page.cut(series)]
    return answer(Data(EventsVolume("/events/volume", query, shown, page.of(len(series)))))


def _shown(series: Series, by_id: dict[str, Source]) -> SourceEventVolumeV1:
    source = by_id.get(series.source_id or "")
    return SourceEventVolumeV1(
        source=UNSET if source is None else EventSourceV1(source.id, source.name, source.slug),
        event_name=series.event_name or UNSET,
        event_type=series.event_type or UNSET,
        total=series.total,
        series=[SourceEventVolumeDatapointV1(each.time, each.count) for each in series.series],
    )


def _groups(given: tuple[str, ...]) -> tuple[GroupBy, ...]:
    """By name; several in one text stand between commas, as Segment's documents write them."""
    names = [name.strip() for each in given for name in each.split(",") if name.strip()]
    known = {group.value for group in GroupBy}
    if unknown := [name for name in names if name not in known]:
        raise InvalidError(
            f"groupBy: must be of {', '.join(known)}, not {unknown[0][:100]!r}.", field="groupBy"
        )
    return tuple(GroupBy(name) for name in dict.fromkeys(names))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/events/volume",
        OnSome(Permission.SOURCE_READ),
        show,
        Doc(
            "Count the workspace's events by time.",
            "Events",
            operation="getEventsVolumeFromWorkspace",
            query=EventsVolumeQuery,
            answer=Data[EventsVolume],
        ),
    ),
)
