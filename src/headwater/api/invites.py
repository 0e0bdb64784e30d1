"""Invitations: links by which people come into the workspace."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import invitations
from headwater.access.invitations import Wanted
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.groups import EmailsQuery
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.api.permissions import InvitePermissionV1, invited_grants
from headwater.kit.clock import isoformat


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


class CreatedInvites(msgspec.Struct, frozen=True):
    """Who was invited; and the links, which are shown this once."""

    emails: list[str]
    links: list[InviteLink]


class InvitesPage(msgspec.Struct, frozen=True):
    """A page of the addresses that are invited and have not accepted."""

    invites: list[str]
    pagination: PaginationOutput


async def create(call: Call) -> Response:
    """All or none. Who was invited before gets a new link, and the old one is of no use any more.
    Pass the links on: Headwater sends no mail."""
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
    return answer(Data(CreatedInvites([each.email for each in links], links)), 201)


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
