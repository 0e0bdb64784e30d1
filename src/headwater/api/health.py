"""/api/health: how every role is.

Whether the server lives and takes events, `/health/live` and `/health/ready` say to anyone; the
collector answers those itself.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater import __version__
from headwater.access.model import Access
from headwater.api.frame import ApiRoute, Call, answer
from headwater.settings import Settings


class Role(msgspec.Struct):
    """A role's process, as the supervisor keeps it in `run/roles.json`."""

    pid: int
    restarts: int = 0


async def show(call: Call) -> Response:
    settings = call.context.settings
    roles = await run_in_threadpool(supervised, settings)
    states = await run_in_threadpool(role_states, settings)
    return answer(
        {
            "status": "up" if all(state == "up" for state in states.values()) else "degraded",
            "version": __version__,
            "roles": {
                name: {"state": state, **_process(roles.get(name))}
                for name, state in states.items()
            },
            "disk": await run_in_threadpool(_disk, settings),
        }
    )


def role_states(settings: Settings) -> dict[str, str]:
    """`up` or `down` for each role that the supervisor runs; at least this one is up."""
    states = {name: _state(role) for name, role in supervised(settings).items()}
    return states or {"control": "up"}


def supervised(settings: Settings) -> dict[str, Role]:
    """The roles that a supervisor runs on the data folder; empty where there is none."""
    try:
        text = (Path(settings.data_dir) / "run" / "roles.json").read_bytes()
        return msgspec.json.decode(text, type=dict[str, Role])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}


def _state(role: Role) -> str:
    try:
        os.kill(role.pid, 0)
    except ProcessLookupError:
        return "down"
    except PermissionError:
        return "up"
    return "up"


def _process(role: Role | None) -> dict[str, Any]:
    return {} if role is None else {"pid": role.pid, "restarts": role.restarts}


def _disk(settings: Settings) -> dict[str, int]:
    status = os.statvfs(settings.data_dir)
    return {
        "freeBytes": status.f_bavail * status.f_frsize,
        "reserveBytes": settings.disk_reserve_bytes,
    }


ROUTES = (ApiRoute("GET", "/api/health", Access.LOCAL, show),)
