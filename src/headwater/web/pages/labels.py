"""/settings/labels: what sources are marked with, so that roles can be given on a part of them."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import labels, sources
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError
from headwater.web.frame import Page, Visit
from headwater.workspaces.labels import DescribedLabel
from headwater.workspaces.model import Label


class New(msgspec.Struct):
    """A label to make."""

    key: str = ""
    value: str = ""
    description: str = ""


class Delete(msgspec.Struct):
    """The label to delete."""

    key: str = ""
    value: str = ""


async def index(visit: Visit) -> Response:
    return await _page(visit, New())


async def create(visit: Visit) -> Response:
    form = await visit.form(New)
    label = DescribedLabel(form.key, form.value, form.description)
    try:
        await run_in_threadpool(labels.create, visit.context.changes, visit.principal, label)
    except HeadwaterError as error:
        return await _page(visit, form, error)
    return visit.redirect("/settings/labels", notice=visit._("The label is created."))


async def delete(visit: Visit) -> Response:
    form = await visit.form(Delete)
    label = Label(form.key, form.value)
    try:
        await run_in_threadpool(labels.delete, visit.context.changes, visit.principal, label)
    except HeadwaterError as error:
        return await _page(visit, New(), error)
    return visit.redirect("/settings/labels", notice=visit._("The label is deleted."))


async def _page(visit: Visit, form: New, error: HeadwaterError | None = None) -> Response:
    changes, by = visit.context.changes, visit.principal
    found = await run_in_threadpool(labels.listed, changes, by)
    labelled = await run_in_threadpool(sources.listed, changes, by)
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/labels.html",
        problem.status if problem else 200,
        problem=problem,
        form=form,
        found=[
            (each, [source for source in labelled if each.label in source.labels]) for each in found
        ],
        may_change=visit.may(Permission.WORKSPACE_ADMIN),
    )


PAGES = (
    Page("GET", "/settings/labels", Permission.WORKSPACE_READ, index),
    Page("POST", "/settings/labels", Permission.WORKSPACE_ADMIN, create),
    Page("POST", "/settings/labels/delete", Permission.WORKSPACE_ADMIN, delete),
)
