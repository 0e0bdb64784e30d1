"""Invitations: links by which people come into the workspace."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater import mail
from headwater.access import invitations, workspaces
from headwater.access.invitations import Wanted
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.groups import EmailsQuery
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.api.permissions import InvitePermissionV1, invited_grants
from headwater.errors import UnavailableError
from headwater.kit.clock import isoformat
from headwater.kit.logging import logger
from headwater.mail import Message

_log: Final = logger("api")


class InviteV1(msgspec.Struct, frozen=True):
    """Who is invited, and what he is given; Minimal User, where nothing is said."""

    email: Annotated[str, Meta(max_length=300)]
    permissions: Annotated[list[InvitePermissionV1], Meta(max_length=50)] = []


class CreateInvites(msgspec.Struct, frozen=True):
    """Who is to be invited."""

    invites: Annotated[list[InviteV1], Meta(min_length=1, max_length=100)]


class InviteLink(msgspec.Struct, frozen=True, rename="camel"):
    """The address that one who is invited opens: once, until it expires."""

    email: str
    url: str
    expires_at: str


class CreatedInvites(msgspec.Struct, frozen=True, rename="camel"):
    """Who was invited; the links, which are shown this once; and whether a mail server took them
    for their addresses."""

    emails: list[str]
    links: list[InviteLink]
    are_mailed: bool


class InvitesPage(msgspec.Struct, frozen=True):
    """A page of the addresses that are invited and have not accepted."""

    invites: list[str]
    pagination: PaginationOutput


async def create(call: Call) -> Response:
    """All or none. Who was invited before gets a new link, and the old one is of no use any more.
    Pass the links on, where no mail server is configured that does it."""
    body = await call.body(CreateInvites)
    workspace_id = call.principal.workspace_id
    wanted = [
        Wanted(each.email, invited_grants(workspace_id, each.permissions)) for each in body.invites
    ]
    made = await run_in_threadpool(invitations.create, call.context.changes, call.principal, wanted)
    base = _called(call)
    links = [
        InviteLink(one.email, base + invitations.path_of(secret), isoformat(one.expires_at))
        for one, secret in made
    ]
    are_mailed = await run_in_threadpool(_mail, call, links)
    return answer(Data(CreatedInvites([each.email for each in links], links, are_mailed)), 201)


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(invitations.listed, call.context.changes, call.principal)
    emails = [each.email for each in page.cut(found)]
    return answer(Data(InvitesPage(emails, page.of(len(found)))))


async def remove(call: Call) -> Response:
    """All or none: their links are of no use any more."""
    emails = call.asked(EmailsQuery).emails
    await run_in_threadpool(invitations.withdraw, call.context.changes, call.principal, emails)
    return answer(DONE)


def _mail(call: Call, links: Sequence[InviteLink]) -> bool:
    """Send each link to its address, where a mail server is configured; whether it took them."""
    settings = call.context.settings
    if not mail.is_configured(settings):
        return False
    name = workspaces.own(call.context.changes, call.principal).name
    subject = f"Join {name}"
    text = f"You are invited to {name}. Join by this link, which is good once, for a week:"
    try:
        mail.send(
            settings, *(Message(one.email, subject, f"{text}\n\n{one.url}\n") for one in links)
        )
    except UnavailableError as error:
        _log.warning("invites.not_mailed", message=error.message)
        return False
    return True


def _called(call: Call) -> str:
    """The address of this Headwater: the one in the settings, or the one that was called."""
    if call.context.settings.public_url:
        return call.context.settings.public_url.rstrip("/")
    headers = call.request.headers
    scheme = headers.get("x-forwarded-proto", "http")
    host = headers.get("x-forwarded-host") or headers.get("host", "localhost")
    return f"{scheme}://{host}"


_TAG = "IAM Users"

ROUTES = (
    ApiRoute(
        "GET",
        "/api/invites",
        Permission.IAM_READ,
        index,
        Doc(
            "List the invitations.",
            _TAG,
            operation="listInvites",
            query=Paged,
            answer=Data[InvitesPage],
        ),
    ),
    ApiRoute(
        "POST",
        "/api/invites",
        Permission.IAM_ADMIN,
        create,
        Doc(
            "Invite people.",
            _TAG,
            operation="createInvites",
            body=CreateInvites,
            answer=Data[CreatedInvites],
            status=201,
        ),
    ),
    ApiRoute(
        "DELETE",
        "/api/invites",
        Permission.IAM_ADMIN,
        remove,
        Doc(
            "Withdraw invitations.",
            _TAG,
            operation="deleteInvites",
            query=EmailsQuery,
            answer=Data[Status],
            errors=(404,),
        ),
    ),
)
