"""Whether the first owner is still to be made, at /setup."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import setup
from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer


class Setup(msgspec.Struct, frozen=True, rename="camel"):
    """Whether nobody has an account yet."""

    is_needed: bool


async def show(call: Call) -> Response:
    """Who holds the first API token makes the first owner at `/setup`."""
    return answer(Data(Setup(await run_in_threadpool(setup.is_needed, call.context.changes))))


ROUTES = (
    ApiRoute(
        "GET",
        "/api/setup",
        Access.LOCAL,
        show,
        Doc("Say whether the first owner is still to be made.", "Own Account", answer=Data[Setup]),
    ),
)
