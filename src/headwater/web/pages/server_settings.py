"""/settings/retention, warehouse, log, email and server: the options of this server, and whence."""

import os
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater import mail
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError, UnauthorizedError
from headwater.health import disk
from headwater.mail import Message
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
        N_("How long events, and the ids that tell duplicates, are kept."),
        ("log_max_age_days", "log_max_bytes", "archive", "archive_days", "dedupe_days"),
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
    "email": Group(
        N_("E-mail"),
        N_("The mail server that takes invitations; without one, their links are sent by hand."),
        (
            "smtp_host",
            "smtp_port",
            "smtp_security",
            "smtp_username",
            "smtp_password",
            "mail_from",
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


async def try_mail(visit: Visit) -> Response:
    """Send the visitor a message, to see whether the mail server takes it."""
    if visit.user is None:
        raise UnauthorizedError("Only a person has an account.", hint="Sign in at /sign-in.")
    message = Message(
        visit.user.email,
        visit._("A test message of Headwater"),
        visit._("Messages of %(url)s arrive.", url=visit.url) + "\n",
    )
    try:
        await run_in_threadpool(mail.send, visit.context.settings, message)
    except HeadwaterError as error:
        return await _page(visit, "email", error)
    notice = visit._("The mail server took a message to %(email)s.", email=visit.user.email)
    return visit.redirect("/settings/email", notice=notice)


def _handler(name: str) -> Handler:
    async def show(visit: Visit) -> Response:
        return await _page(visit, name)

    return show


async def _page(visit: Visit, name: str, error: HeadwaterError | None = None) -> Response:
    group = _GROUPS[name]
    settings = visit.context.settings
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/options.html",
        problem.status if problem else 200,
        problem=problem,
        title=visit._(group.title),
        lead=visit._(group.lead),
        shown=shown(visit, group.names),
        log_bytes=await run_in_threadpool(visit.context.log.size),
        disk=await run_in_threadpool(disk, settings),
        name=name,
        sends_mail=mail.is_configured(settings),
        may_change=visit.may(Permission.WORKSPACE_ADMIN),
    )


PAGES = (
    *(
        Page("GET", f"/settings/{name}", Permission.WORKSPACE_READ, _handler(name))
        for name in _GROUPS
    ),
    Page("POST", "/settings/email", Permission.WORKSPACE_ADMIN, try_mail),
)
