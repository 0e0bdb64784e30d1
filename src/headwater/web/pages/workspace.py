"""/settings: the workspace's name; and the way into another workspace."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sessions, workspaces
from headwater.access.model import Access
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError
from headwater.web.frame import Page, Visit


class Rename(msgspec.Struct):
    """The workspace's new name."""

    name: str = ""


class Switch(msgspec.Struct):
    """The workspace to go on in."""

    workspace: str = ""


async def show(visit: Visit) -> Response:
    if not visit.may(Permission.WORKSPACE_READ):
        return visit.redirect("/settings/me")
    return _page(visit, visit.account.workspace.name)


async def rename(visit: Visit) -> Response:
    form = await visit.form(Rename)
    try:
        await run_in_threadpool(
            workspaces.rename, visit.context.changes, visit.principal, form.name
        )
    except HeadwaterError as error:
        return _page(visit, form.name, error)
    return visit.redirect("/settings", notice=visit._("The name is changed."))


async def switch(visit: Visit) -> Response:
    form = await visit.form(Switch)
    await run_in_threadpool(
        sessions.switch_workspace, visit.context.changes, visit.principal, form.workspace
    )
    return visit.redirect("/")


def _page(visit: Visit, name: str, error: HeadwaterError | None = None) -> Response:
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/workspace.html",
        problem.status if problem else 200,
        name=name,
        problem=problem,
        may_change=visit.may(Permission.WORKSPACE_ADMIN),
    )


PAGES = (
    Page("GET", "/settings", Access.MEMBER, show),
    Page("POST", "/settings", Permission.WORKSPACE_ADMIN, rename),
    Page("POST", "/workspace", Access.MEMBER, switch),
)
