"""API tokens: what programs call with, each with its own permissions and end."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import tokens
from headwater.access.permissions import Permission
from headwater.access.tokens import Token
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.pages import Paged, PaginationOutput, asked
from headwater.api.permissions import PermissionInputV1, PermissionV1, grants, permissions
from headwater.kit.clock import isoformat
from headwater.queries.times import moment


class ApiToken(msgspec.Struct, frozen=True, rename="camel"):
    """An API token, without its secret."""

    id: str
    name: str
    permissions: list[PermissionV1]
    created_by: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class OneToken(msgspec.Struct, frozen=True):
    """An API token."""

    token: ApiToken


class NewToken(msgspec.Struct, frozen=True):
    """An API token and its secret, which is shown this once."""

    token: ApiToken
    secret: str


class TokensPage(msgspec.Struct, frozen=True):
    """A page of API tokens."""

    tokens: list[ApiToken]
    pagination: PaginationOutput


class CreateToken(msgspec.Struct, frozen=True, rename="camel"):
    """What makes a token. Without `expires_at` it lasts until it is revoked."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    permissions: Annotated[list[PermissionInputV1], Meta(min_length=1, max_length=200)]
    expires_at: Annotated[str, Meta(description="ISO 8601.")] | None = None


async def index(call: Call) -> Response:
    page = asked(call.request.query_params)
    found = await run_in_threadpool(tokens.listed, call.context.changes, call.principal)
    shown = [_shown(each) for each in page.cut(found)]
    return answer(Data(TokensPage(shown, page.of(len(found)))))


async def create(call: Call) -> Response:
    """The secret is kept nowhere."""
    body = await call.body(CreateToken)
    given = grants(call.principal.workspace_id, body.permissions)
    expires_at = moment(body.expires_at, name="expiresAt") if body.expires_at else None
    token, secret = await run_in_threadpool(
        tokens.create,
        call.context.changes,
        call.principal,
        name=body.name,
        grants=given,
        expires_at=expires_at,
    )
    return answer(Data(NewToken(_shown(token), secret)), 201)


async def show(call: Call) -> Response:
    found = await run_in_threadpool(
        tokens.one, call.context.changes, call.principal, call.path("token_id")
    )
    return answer(Data(OneToken(_shown(found))))


async def revoke(call: Call) -> Response:
    """It is of no use from its next call on."""
    await run_in_threadpool(
        tokens.revoke, call.context.changes, call.principal, call.path("token_id")
    )
    return answer(DONE)


def _shown(token: Token) -> ApiToken:
    return ApiToken(
        id=token.id,
        name=token.name,
        permissions=permissions(token.workspace_id, token.grants),
        created_by=token.created_by,
        created_at=isoformat(token.created_at),
        expires_at=_time(token.expires_at),
        last_used_at=_time(token.last_used_at),
    )


def _time(at: int | None) -> str | None:
    return None if at is None else isoformat(at)


_TAG = "API Tokens"

ROUTES = (
    ApiRoute(
        "GET",
        "/api/tokens",
        Permission.IAM_ADMIN,
        index,
        Doc("List the API tokens.", _TAG, query=Paged, answer=Data[TokensPage]),
    ),
    ApiRoute(
        "POST",
        "/api/tokens",
        Permission.IAM_ADMIN,
        create,
        Doc("Make an API token.", _TAG, body=CreateToken, answer=Data[NewToken], status=201),
    ),
    ApiRoute(
        "GET",
        "/api/tokens/{token_id}",
        Permission.IAM_ADMIN,
        show,
        Doc("Show an API token.", _TAG, answer=Data[OneToken]),
    ),
    ApiRoute(
        "DELETE",
        "/api/tokens/{token_id}",
        Permission.IAM_ADMIN,
        revoke,
        Doc("Revoke an API token.", _TAG, answer=Data[Status]),
    ),
)
