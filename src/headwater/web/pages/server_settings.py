"""/settings/retention, warehouse, log, email and server: the options of this server, and whence."""

import os
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.permissions import Permission
from headwater.health import disk
from headwater.settings import SECRETS, Option, kept_origins, options, origins
from headwater.web.frame import Handler, Page, Visit
from headwater.web.navigation import N_


class Group(msgspec.Struct, frozen=True):
    """Options that belong together; without names it is all of them."""

    title: str
    lead: str
    names: tuple[str, ...] = ()


_GROUPS: Final[Mapping[str, Group]] = {
    "retention": Group(
        N_("Retention"),
        N_("How long events stay in the log, and how long the ids that tell duplicates are remembered."),
        ("log_max_age_days", "log_max_bytes", "dedupe_days"),
    ),
    "warehouse": Group(
        N_("Warehouse"),
        N_("How events are loaded into the warehouse, and what a query may take."),
        (
            "load_interval_seconds",
            "load_max_events",
            "warehouse_memory",
            "warehouse_threads",
            "warehouse_wal_bytes",
            "max_event_tables",
            "max_columns",
            "query_max_rows",
            "query_timeout_seconds",
            "query_concurrency",
        ),
    ),
    "log": Group(
        N_("Log"),
        N_("The durable log that every event is written to before it is answered with 200."),
        (
            "log_segment_bytes",
            "log_max_bytes",
            "log_max_age_days",
            "disk_reserve_bytes",
            "max_request_bytes",
            "max_event_bytes",
            "max_batch_events",
            "rate_limit",
        ),
    ),
    "server": Group(N_("All options"), N_("Every option of this server and its value.")),
}


class Shown(msgspec.Struct, frozen=True):
    """An option's value, and where it comes from; empty is its default."""

    option: Option
    value: object
    origin: str

    @property
    def is_bytes(self) -> bool:
        return self.option.name.endswith("_bytes")


def shown(visit: Visit, names: tuple[str, ...]) -> list[Shown]:
    """The options of these names, or all of them; no secret is told."""
    settings = visit.context.settings
    whence = kept_origins(settings.data_dir / "run")
    if whence is None:
        whence = origins({}, os.environ)
    found = {each.name: each for each in options()}
    return [
        Shown(found[name], _value(settings, name), whence.get(name, ""))
        for name in names or tuple(found)
    ]


def _value(settings: object, name: str) -> object:
    value = getattr(settings, name)
    if name in SECRETS:
        return "•••" if value else ""
    return ", ".join(value) if isinstance(value, list) else value


def _handler(name: str) -> Handler:
    async def show(visit: Visit) -> Response:
        group = _GROUPS[name]
        return visit.render(
            "settings/options.html",
            title=visit._(group.title),
            lead=visit._(group.lead),
            shown=shown(visit, group.names),
            log_bytes=await run_in_threadpool(visit.context.log.size),
            disk=await run_in_threadpool(disk, visit.context.settings),
            name=name,
        )

    return show


PAGES = tuple(
    Page("GET", f"/settings/{name}", Permission.WORKSPACE_READ, _handler(name)) for name in _GROUPS
)
