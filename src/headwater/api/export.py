"""/api/export/events: every stored event, one JSON object a line."""

from contextlib import AsyncExitStack
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Doc
from headwater.api.query import passed_on
from headwater.errors import NotFoundError
from headwater.queries.model import Export
from headwater.queries.times import moment
from headwater.workspaces.model import Source


class ExportQuery(msgspec.Struct, frozen=True):
    """Which events are exported."""

    since: Annotated[str, Meta(description="Received at or after this time, ISO 8601.")] = ""
    until: Annotated[str, Meta(description="Received before this time, ISO 8601.")] = ""
    source: Annotated[str, Meta(description="Of this source: its id, slug or name.")] = ""


async def events(call: Call) -> Response:
    """In the order in which they are stored, in Segment's common shape."""
    asked = call.asked(ExportQuery)
    wanted = Export(
        workspace_id=call.principal.workspace_id,
        since=moment(asked.since, name="since") if asked.since else None,
        until=moment(asked.until, name="until") if asked.until else None,
        source=(await _source(call, asked.source)).slug if asked.source else None,
    )
    call.context.changes.record_read(call.principal, "export", call.request.url.query)
    stack = AsyncExitStack()
    response = await stack.enter_async_context(call.context.warehouse.export(wanted))
    return StreamingResponse(passed_on(stack, response), media_type="application/x-ndjson")


async def _source(call: Call, named: str) -> Source:
    for source in await run_in_threadpool(sources.listed, call.context.changes, call.principal):
        if named in (source.id, source.slug, source.name):
            return source
    raise NotFoundError(
        f"There is no source {named!r}.", hint="Name a source by its id, slug or name."
    )


ROUTES = (
    ApiRoute(
        "GET",
        "/api/export/events",
        (Permission.WAREHOUSE_READ, Permission.PII_READ),
        events,
        Doc(
            "Every stored event, one JSON object a line.",
            "Events",
            query=ExportQuery,
            media=("application/x-ndjson",),
            errors=(503,),
        ),
    ),
)
