"""/sources: where events come from, and how each of them is doing; making one."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.connections import changing
from headwater.errors import BadRequestError, ConflictError
from headwater.web.connection_looks import Look, looks
from headwater.web.figures import volumes_of
from headwater.web.frame import Page, Visit
from headwater.web.source_health import healths
from headwater.workspaces.model import Source, SourceType

ORDERS: Final = ("volume", "name", "last")


class NewSource(msgspec.Struct):
    """The form that makes a source."""

    name: str = ""
    kind: SourceType = SourceType.WEBSITE


async def index(visit: Visit) -> Response:
    """Every source that the visitor may see, those of a search, a kind and a label."""
    every = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    figures = await volumes_of(visit, every)
    shown = [each for each in every if _is_wanted(visit, each)]
    order = visit.query("order", ORDERS[0])
    if order == "name":
        shown.sort(key=lambda each: each.name.casefold())
    elif order == "last":
        shown.sort(key=lambda each: figures.last_event(each.id) or 0, reverse=True)
    else:
        shown.sort(key=lambda each: figures.accepted(each.id), reverse=True)
    return visit.render(
        "sources/list.html",
        every=every,
        shown=shown,
        figures=figures,
        health=healths(every, figures.by_id),
        labels=sorted({label for each in every for label in each.labels}, key=str),
        kinds=[kind for kind in SourceType if any(each.type is kind for each in every)],
        connected=await run_in_threadpool(_connected, visit),
        order=order,
        may_create=visit.may(Permission.SOURCE_ADMIN),
    )


def _connected(visit: Visit) -> dict[str, list[Look]]:
    """How the connections of each source get on, by its id."""
    changes = visit.context.changes
    found: dict[str, list[Look]] = {}
    for look in looks(changes, changing.listed(changes, visit.principal)):
        found.setdefault(look.connection.source_id, []).append(look)
    return found


async def ask(visit: Visit) -> Response:
    """The form of a new source."""
    kind = visit.query("kind")
    chosen = SourceType(kind) if kind in set(SourceType) else SourceType.WEBSITE
    return visit.render("sources/new.html", form=NewSource(kind=chosen))


async def create(visit: Visit) -> Response:
    form = await visit.form(NewSource)
    try:
        made = await made_by(visit, form)
    except (BadRequestError, ConflictError) as error:
        problem = visit.problem(error)
        return visit.render("sources/new.html", problem.status, form=form, problem=problem)
    return visit.redirect(
        f"/sources/{made.id}", notice=visit._("The source %(name)s is ready.", name=made.name)
    )


async def made_by(visit: Visit, form: NewSource) -> Source:
    """The source that a form asked for."""
    return await run_in_threadpool(
        lambda: sources.create(
            visit.context.changes, visit.principal, name=form.name, type=form.kind
        )
    )


def _is_wanted(visit: Visit, source: Source) -> bool:
    text = visit.query("q").strip().casefold()
    kind = visit.query("kind")
    label = visit.query("label")
    return (
        (not text or text in source.name.casefold() or text in source.slug or text == source.id)
        and kind in ("", source.type)
        and (not label or any(f"{each.key}:{each.value}" == label for each in source.labels))
    )


PAGES = (
    Page("GET", "/sources", OnSome(Permission.SOURCE_READ), index),
    Page("GET", "/sources/new", Permission.SOURCE_ADMIN, ask),
    Page("POST", "/sources/new", Permission.SOURCE_ADMIN, create),
)
