"""/api: the workspace of the caller's token."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import workspaces
from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, answer


async def show(call: Call) -> Response:
    workspace = await run_in_threadpool(workspaces.own, call.context.changes, call.principal)
    return answer({"data": {"workspace": workspace}})


ROUTES = (ApiRoute("GET", "/api", Access.MEMBER, show),)
