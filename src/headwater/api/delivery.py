"""The delivery overview: how many events of a source were received, refused and filtered, when.

No destination exists yet, so what is asked of one is not found.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, Handler, answer
from headwater.api.pages import Paged, PaginationOutput, page_of
from headwater.delivery import reading
from headwater.delivery.model import (
    DeliveryOverviewMetricsDataset,
    DeliveryWanted,
    Dimension,
    Granularity,
    Stage,
)
from headwater.errors import InvalidError, NotFoundError
from headwater.queries.times import moment
from headwater.workspaces.model import Source

_Names = Annotated[tuple[str, ...], Meta(max_length=200)]


class DeliveryFilter(msgspec.Struct, frozen=True, rename="camel"):
    """Only events with these names, types, versions of the app or reasons, where any are given."""

    event_name: _Names = ()
    event_type: _Names = ()
    app_version: _Names = ()
    discard_reason: _Names = ()


class DeliveryQuery(Paged, frozen=True, kw_only=True, rename="camel"):
    """Which events are counted, and how."""

    source_id: Annotated[str, Meta(description="The source's id.")]
    start_time: Annotated[str, Meta(description="Received at or after this, ISO 8601.")]
    end_time: Annotated[str, Meta(description="Received before this, ISO 8601.")]
    granularity: Granularity
    group_by: Annotated[
        tuple[str, ...],
        Meta(max_length=10, description="eventName, eventType, appVersion, discardReason."),
    ] = ()
    filter: DeliveryFilter = DeliveryFilter()


class DestinationDeliveryQuery(DeliveryQuery, frozen=True, kw_only=True, rename="camel"):
    """The same, of what went on to a destination."""

    destination_config_id: Annotated[str, Meta(description="The destination's id.")]


class DeliveryMetrics(msgspec.Struct, frozen=True):
    """The number of events, and a series for each group."""

    total: int
    dataset: list[DeliveryOverviewMetricsDataset]
    pagination: PaginationOutput


async def received(call: Call) -> Response:
    asked = call.asked(DeliveryQuery)
    wanted = _wanted(asked)
    source = await _source(call, asked)
    warehouse = call.context.warehouse
    return _answer(await reading.kept(warehouse, source, Stage.RECEIVED, wanted), asked)


async def refused(call: Call) -> Response:
    """These are in quarantine, each with its reason."""
    asked = call.asked(DeliveryQuery)
    wanted = _wanted(asked)
    source = await _source(call, asked)
    warehouse = call.context.warehouse
    return _answer(await reading.kept(warehouse, source, Stage.REFUSED, wanted), asked)


async def filtered(call: Call) -> Response:
    """Of filtered events the ledger keeps the hour and the reason, and nothing else is kept."""
    asked = call.asked(DeliveryQuery)
    wanted = _wanted(asked)
    source = await _source(call, asked)
    context = call.context
    return _answer(await reading.filtered(context.warehouse, context.log, source, wanted), asked)


async def of_destination(call: Call) -> Response:
    asked = call.asked(DestinationDeliveryQuery)
    _wanted(asked)
    await _source(call, asked)
    raise NotFoundError(f"There is no destination {asked.destination_config_id[:100]!r}.")


def _wanted(asked: DeliveryQuery) -> DeliveryWanted:
    return DeliveryWanted(
        granularity=asked.granularity,
        start=moment(asked.start_time, name="startTime"),
        end=moment(asked.end_time, name="endTime"),
        group_by=_dimensions(asked.group_by),
        event_names=asked.filter.event_name,
        event_types=asked.filter.event_type,
        app_versions=asked.filter.app_version,
        reasons=asked.filter.discard_reason,
    )


def _dimensions(given: tuple[str, ...]) -> tuple[Dimension, ...]:
    """By name; several in one text stand between commas, as Segment's documents write them."""
    names = [name.strip() for each in given for name in each.split(",") if name.strip()]
    known = {dimension.value for dimension in Dimension}
    if unknown := [name for name in names if name not in known]:
        raise InvalidError(
            f"groupBy: must be of {', '.join(known)}, not {unknown[0][:100]!r}.", field="groupBy"
        )
    return tuple(Dimension(name) for name in dict.fromkeys(names))


async def _source(call: Call, asked: DeliveryQuery) -> Source:
    return await run_in_threadpool(
        sources.one, call.context.changes, call.principal, asked.source_id
    )


def _answer(found: list[DeliveryOverviewMetricsDataset], asked: DeliveryQuery) -> Response:
    page = page_of(asked.pagination)
    total = sum(dataset.total for dataset in found)
    return answer(Data(DeliveryMetrics(total, page.cut(found), page.of(len(found)))))


def _route(path: str, handle: Handler, summary: str, operation: str, query: Any) -> ApiRoute:
    return ApiRoute(
        "GET",
        f"/api/delivery-overview/{path}",
        OnSome(Permission.SOURCE_READ),
        handle,
        Doc(
            summary,
            "Delivery Overview",
            operation=operation,
            query=query,
            answer=Data[DeliveryMetrics],
        ),
    )


ROUTES = (
    _route(
        "successfully-received",
        received,
        "Count the events that a source sent and that are stored.",
        "getIngressSuccessMetricsFromDeliveryOverview",
        DeliveryQuery,
    ),
    _route(
        "failed-on-ingest",
        refused,
        "Count the events of a source that were refused.",
        "getIngressFailedMetricsFromDeliveryOverview",
        DeliveryQuery,
    ),
    _route(
        "filtered-at-source",
        filtered,
        "Count the events of a source that were dropped on purpose.",
        "getFilteredAtSourceMetricsFromDeliveryOverview",
        DeliveryQuery,
    ),
    _route(
        "filtered-at-destination",
        of_destination,
        "Count the events that a destination's filters dropped.",
        "getFilteredAtDestinationMetricsFromDeliveryOverview",
        DestinationDeliveryQuery,
    ),
    _route(
        "failed-delivery",
        of_destination,
        "Count the events that a destination did not take.",
        "getEgressFailedMetricsFromDeliveryOverview",
        DestinationDeliveryQuery,
    ),
    _route(
        "successful-delivery",
        of_destination,
        "Count the events that a destination took.",
        "getEgressSuccessMetricsFromDeliveryOverview",
        DestinationDeliveryQuery,
    ),
)
