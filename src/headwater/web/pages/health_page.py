"""/health-page: how each role is, the room on the disk, what waits, and how fast things go."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.health import Measures, disk, measures, role_states, supervised
from headwater.web.frame import Page, Visit
from headwater.web.navigation import N_

_ROLES: Final = {
    "collector": N_("Takes events and answers when they are on disk."),
    "pipeline": N_("Cleans, checks and deduplicates what was collected."),
    "warehouse": N_("Loads events and answers questions about them."),
    "control": N_("Has the configuration, the API and this console."),
}
_SPEEDS: Final = (
    (N_("An event is on disk"), "headwater_commit_seconds"),
    (N_("A batch passes the pipeline"), "headwater_pipeline_batch_seconds"),
    (N_("A load is committed"), "headwater_load_seconds"),
    (N_("From receipt to row"), "headwater_freshness_seconds"),
    (N_("A question is answered"), "headwater_query_seconds"),
)
_COUNTS: Final = (
    (N_("Requests"), "headwater_requests_total"),
    (N_("Events accepted"), "headwater_events_accepted_total"),
    (N_("Events out of the pipeline"), "headwater_pipeline_events_total"),
    (N_("Events loaded"), "headwater_loaded_events_total"),
    (N_("Questions asked"), "headwater_queries_total"),
    (N_("Values that did not fit their column"), "headwater_type_conflicts_total"),
    (N_("Message ids remembered"), "headwater_seen_message_ids"),
    (N_("Failed runs of a service"), "headwater_service_failures_total"),
)


class RoleRow(msgspec.Struct, frozen=True):
    """A role as the table shows it; no process id where no supervisor runs it."""

    name: str
    about: str
    is_up: bool
    pid: int | None
    restarts: int


class Speed(msgspec.Struct, frozen=True):
    """How long something takes: half the times, and 99 of 100 times, at most."""

    label: str
    half: float | None
    most: float | None


async def show(visit: Visit) -> Response:
    settings = visit.context.settings
    states = await run_in_threadpool(role_states, settings)
    running = await run_in_threadpool(supervised, settings)
    found = await run_in_threadpool(measures)
    return visit.render(
        "health/page.html",
        roles=[
            RoleRow(
                name,
                visit._(_ROLES[name]) if name in _ROLES else "",
                state == "up",
                running[name].pid if name in running else None,
                running[name].restarts if name in running else 0,
            )
            for name, state in states.items()
        ],
        disk=await run_in_threadpool(disk, settings),
        log_bytes=await run_in_threadpool(visit.context.log.size),
        waiting=found.count("headwater_waiting_events"),
        fresh=found.quantile("headwater_freshness_seconds", 0.5),
        speeds=[_speed(visit._(label), name, found) for label, name in _SPEEDS],
        counts=[(visit._(label), found.count(name)) for label, name in _COUNTS],
    )


def _speed(label: str, name: str, found: Measures) -> Speed:
    return Speed(label, found.quantile(name, 0.5), found.quantile(name, 0.99))


PAGES = (Page("GET", "/health-page", Permission.WORKSPACE_READ, show),)
