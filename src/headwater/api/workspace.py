"""The workspace that a token or a session is in."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import workspaces
from headwater.access.model import Access
from headwater.access.permissions import Permission
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.workspaces.model import Workspace


class WorkspaceV1(msgspec.Struct, frozen=True):
    """A workspace."""

    id: str
    slug: str
    name: str


class OneWorkspace(msgspec.Struct, frozen=True):
    """The caller's workspace."""

    workspace: WorkspaceV1


class RenameWorkspace(msgspec.Struct, frozen=True):
    """What can change of a workspace. Its slug stays."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]


async def show(call: Call) -> Response:
    own = await run_in_threadpool(workspaces.own, call.context.changes, call.principal)
    return _answer(own)


async def rename(call: Call) -> Response:
    body = await call.body(RenameWorkspace)
    renamed = await run_in_threadpool(
        workspaces.rename, call.context.changes, call.principal, body.name
    )
    return _answer(renamed)


def _answer(workspace: Workspace) -> Response:
    shown = WorkspaceV1(id=workspace.id, slug=workspace.slug, name=workspace.name)
    return answer(Data(OneWorkspace(shown)))


ROUTES = (
    ApiRoute(
        "GET",
        "/api",
        Access.MEMBER,
        show,
        Doc(
            "Show the workspace of the caller.",
            "Workspaces",
            operation="getWorkspace",
            answer=Data[OneWorkspace],
        ),
    ),
    ApiRoute(
        "PATCH",
        "/api",
        Permission.WORKSPACE_ADMIN,
        rename,
        Doc(
            "Give the workspace another name.",
            "Workspaces",
            body=RenameWorkspace,
            answer=Data[OneWorkspace],
        ),
    ),
)
