"""/metrics: for Prometheus."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, Doc
from headwater.health import gauge
from headwater.kit.metrics import CONTENT_TYPE, exposition


async def show(call: Call) -> Response:
    """Everything counted, and what is looked up for this answer alone."""
    context = call.context
    await run_in_threadpool(gauge, context.settings, context.log)
    return Response(await run_in_threadpool(exposition), headers={"Content-Type": CONTENT_TYPE})


ROUTES = (
    ApiRoute(
        "GET",
        "/metrics",
        Access.LOCAL,
        show,
        Doc("What Prometheus reads.", "Health", media=(CONTENT_TYPE,)),
    ),
)
