"""/api/health: how every role is.

Whether the server lives and takes events, `/health/live` and `/health/ready` say to anyone; the
collector answers those itself.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater import __version__
from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, Doc, answer
from headwater.health import Role, disk, role_states, supervised
from headwater.settings import Settings


class RoleHealth(msgspec.Struct, frozen=True):
    """How a role is. A role that no supervisor runs has no process of its own to name."""

    state: Literal["up", "down"]
    pid: int | UnsetType = UNSET
    restarts: int | UnsetType = UNSET


class DiskHealth(msgspec.Struct, frozen=True, rename="camel"):
    """The room on the disk that holds the data folder; below the reserve, events are refused."""

    free_bytes: int
    reserve_bytes: int


class Health(msgspec.Struct, frozen=True):
    """How the server is."""

    status: Literal["up", "degraded"]
    version: str
    roles: dict[str, RoleHealth]
    disk: DiskHealth


async def show(call: Call) -> Response:
    settings = call.context.settings
    roles = await run_in_threadpool(supervised, settings)
    states = await run_in_threadpool(role_states, settings)
    return answer(
        Health(
            status="up" if all(state == "up" for state in states.values()) else "degraded",
            version=__version__,
            roles={name: _role(state, roles.get(name)) for name, state in states.items()},
            disk=await run_in_threadpool(_disk, settings),
        )
    )


def _role(state: Literal["up", "down"], process: Role | None) -> RoleHealth:
    if process is None:
        return RoleHealth(state)
    return RoleHealth(state, process.pid, process.restarts)


def _disk(settings: Settings) -> DiskHealth:
    room = disk(settings)
    return DiskHealth(free_bytes=room.free_bytes, reserve_bytes=room.reserve_bytes)


ROUTES = (
    ApiRoute(
        "GET",
        "/api/health",
        Access.LOCAL,
        show,
        Doc("How the server and each of its roles is.", "Health", answer=Health),
    ),
)
