"""/api/export/events: every stored event, one JSON object a line."""

from contextlib import AsyncExitStack

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call
from headwater.api.query import passed_on
from headwater.errors import NotFoundError
from headwater.queries.model import Export
from headwater.queries.times import moment
from headwater.workspaces.model import Source


async def events(call: Call) -> Response:
    since, until = call.query("since"), call.query("until")
    source = call.query("source")
    wanted = Export(
        workspace_id=call.principal.workspace_id,
        since=moment(since, name="since") if since else None,
        until=moment(until, name="until") if until else None,
        source=(await _source(call, source)).slug if source else None,
    )
    stack = AsyncExitStack()
    response = await stack.enter_async_context(call.context.warehouse.export(wanted))
    return StreamingResponse(passed_on(stack, response), media_type="application/x-ndjson")


async def _source(call: Call, named: str) -> Source:
    for source in await run_in_threadpool(call.context.changes.sources, call.principal):
        if named in (source.id, source.slug, source.name):
            return source
    raise NotFoundError(
        f"There is no source {named!r}.", hint="Name a source by its id, slug or name."
    )


ROUTES = (ApiRoute("GET", "/api/export/events", Access.MEMBER, events),)
