"""One's own account, sessions and workspaces: for whoever is signed in to the console."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from headwater.access import sessions, users, workspaces
from headwater.access.accounts import User
from headwater.access.model import Access
from headwater.access.permissions import Permission
from headwater.access.sessions import Session
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Handler, Status, answer
from headwater.api.workspace import OneWorkspace, WorkspaceV1
from headwater.kit.clock import isoformat

Password = Annotated[str, Meta(max_length=1000)]


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """One's own account. Empty `language` and `time_zone` are as the browser says."""

    id: str
    email: str
    name: str
    language: str
    time_zone: str


class OneAccount(msgspec.Struct, frozen=True):
    """One's own account."""

    account: Account


class UpdateAccount(msgspec.Struct, frozen=True, rename="camel"):
    """What to change; what is left out stays."""

    name: Annotated[str, Meta(max_length=200)] | None = None
    language: Annotated[str, Meta(max_length=64)] | None = None
    time_zone: Annotated[str, Meta(max_length=64)] | None = None


class ChangePassword(msgspec.Struct, frozen=True, rename="camel"):
    """The password there is, and the one there will be."""

    password: Password
    new_password: Password


class AccountSession(msgspec.Struct, frozen=True, rename="camel"):
    """A session: where and when one signed in."""

    id: str
    is_current: bool
    address: str
    browser: str
    created_at: str
    last_used_at: str
    expires_at: str


class Sessions(msgspec.Struct, frozen=True):
    """One's own sessions, the newest first."""

    sessions: list[AccountSession]


class OwnWorkspaces(msgspec.Struct, frozen=True):
    """The workspaces that one belongs to."""

    workspaces: list[WorkspaceV1]


class NewWorkspace(msgspec.Struct, frozen=True):
    """What makes a workspace."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]


class SwitchWorkspace(msgspec.Struct, frozen=True, rename="camel"):
    """The workspace to go on in."""

    workspace_id: Annotated[str, Meta(max_length=200)]


async def show(call: Call) -> Response:
    return _account(await run_in_threadpool(users.own, call.context.changes, call.principal))


async def update(call: Call) -> Response:
    body = await call.body(UpdateAccount)
    changed = await run_in_threadpool(
        users.update_own,
        call.context.changes,
        call.principal,
        name=body.name,
        language=body.language,
        time_zone=body.time_zone,
    )
    return _account(changed)


async def change_password(call: Call) -> Response:
    """All other sessions end."""
    body = await call.body(ChangePassword)
    await run_in_threadpool(
        users.change_password,
        call.context.changes,
        call.principal,
        body.password,
        body.new_password,
        address=address_of(call.request),
    )
    return answer(DONE)


async def list_sessions(call: Call) -> Response:
    found = await run_in_threadpool(sessions.listed, call.context.changes, call.principal)
    current = call.principal.session_id
    return answer(Data(Sessions([_session(each, current) for each in found])))


async def end_session(call: Call) -> Response:
    await run_in_threadpool(
        sessions.revoke, call.context.changes, call.principal, call.path("session_id")
    )
    return answer(DONE)


async def end_other_sessions(call: Call) -> Response:
    await run_in_threadpool(sessions.revoke_others, call.context.changes, call.principal)
    return answer(DONE)


async def switch_workspace(call: Call) -> Response:
    """What this session asks from now on is asked of the other workspace."""
    body = await call.body(SwitchWorkspace)
    await run_in_threadpool(
        sessions.switch_workspace, call.context.changes, call.principal, body.workspace_id
    )
    return answer(DONE)


async def list_workspaces(call: Call) -> Response:
    found = await run_in_threadpool(users.own_workspaces, call.context.changes, call.principal)
    shown = [WorkspaceV1(each.id, each.slug, each.name) for each in found]
    return answer(Data(OwnWorkspaces(shown)))


async def create_workspace(call: Call) -> Response:
    """The caller owns it."""
    body = await call.body(NewWorkspace)
    made = await run_in_threadpool(
        workspaces.create, call.context.changes, call.principal, body.name
    )
    return answer(Data(OneWorkspace(WorkspaceV1(made.id, made.slug, made.name))), 201)


def address_of(request: Request) -> str:
    """The caller's address, as the collector says it."""
    return request.headers.get("x-forwarded-for", "").partition(",")[0].strip()


def _account(user: User) -> Response:
    shown = Account(user.id, user.email, user.name, user.language, user.time_zone)
    return answer(Data(OneAccount(shown)))


def _session(session: Session, current: str | None) -> AccountSession:
    return AccountSession(
        id=session.id,
        is_current=session.id == current,
        address=session.address,
        browser=session.browser,
        created_at=isoformat(session.created_at),
        last_used_at=isoformat(session.last_used_at),
        expires_at=isoformat(session.expires_at),
    )


_TAG = "Own Account"


def _route(method: str, path: str, handle: Handler, summary: str, **doc: Any) -> ApiRoute:
    """A route for whoever is signed in. An API token, which is nobody, gets a 403."""
    return ApiRoute(method, path, Access.MEMBER, handle, Doc(summary, _TAG, **doc))


ROUTES = (
    _route("GET", "/api/account", show, "Show one's own account.", answer=Data[OneAccount]),
    _route(
        "PATCH",
        "/api/account",
        update,
        "Change one's own account.",
        body=UpdateAccount,
        answer=Data[OneAccount],
    ),
    _route(
        "PUT",
        "/api/account/password",
        change_password,
        "Change one's own password.",
        body=ChangePassword,
        answer=Data[Status],
    ),
    _route(
        "GET",
        "/api/sessions",
        list_sessions,
        "List one's own sessions.",
        answer=Data[Sessions],
    ),
    _route(
        "DELETE",
        "/api/sessions",
        end_other_sessions,
        "End all of one's own sessions but this one.",
        answer=Data[Status],
    ),
    _route(
        "DELETE",
        "/api/sessions/{session_id}",
        end_session,
        "End one of one's own sessions.",
        answer=Data[Status],
    ),
    _route(
        "PUT",
        "/api/sessions/current/workspace",
        switch_workspace,
        "Go on in another workspace.",
        body=SwitchWorkspace,
        answer=Data[Status],
        errors=(404,),
    ),
    _route(
        "GET",
        "/api/workspaces",
        list_workspaces,
        "List the workspaces that one belongs to.",
        answer=Data[OwnWorkspaces],
    ),
    ApiRoute(
        "POST",
        "/api/workspaces",
        Permission.IAM_ADMIN,
        create_workspace,
        Doc(
            "Make one more workspace.",
            _TAG,
            body=NewWorkspace,
            answer=Data[OneWorkspace],
            status=201,
        ),
    ),
)
