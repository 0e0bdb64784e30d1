"""/settings/groups: people who are given roles together."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import groups, users
from headwater.access.groups import Group
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError, InvalidError
from headwater.web import grants
from headwater.web.frame import Page, Visit
from headwater.web.grants import GrantsForm


class Name(msgspec.Struct):
    """A group's name."""

    name: str = ""


class People(msgspec.Struct):
    """Who is in the group: addresses ticked, and others, one in each line."""

    email: list[str] = []
    others: str = ""

    def emails(self) -> list[str]:
        """All of them."""
        others = self.others.replace(",", "\n").split("\n")
        return [each.strip() for each in (*self.email, *others) if each.strip()]


class Remove(msgspec.Struct):
    """The group's name, typed to confirm."""

    typed: str = ""


async def index(visit: Visit) -> Response:
    return await _list(visit)


async def create(visit: Visit) -> Response:
    form = await visit.form(Name)
    try:
        made = await run_in_threadpool(
            groups.create, visit.context.changes, visit.principal, form.name
        )
    except HeadwaterError as error:
        return await _list(visit, form.name, error)
    return visit.redirect(f"/settings/groups/{made.id}")


async def show(visit: Visit) -> Response:
    return await _group_page(visit)


async def rename(visit: Visit) -> Response:
    form = await visit.form(Name)
    try:
        await run_in_threadpool(
            groups.rename,
            visit.context.changes,
            visit.principal,
            visit.path("group_id"),
            form.name,
        )
    except HeadwaterError as error:
        return await _group_page(visit, error)
    return _back(visit, visit._("The name is changed."))


async def give(visit: Visit) -> Response:
    form = await visit.form(GrantsForm)
    try:
        await run_in_threadpool(
            groups.replace_permissions,
            visit.context.changes,
            visit.principal,
            visit.path("group_id"),
            form.grants(),
        )
    except HeadwaterError as error:
        return await _group_page(visit, error)
    return _back(visit, visit._("The roles are changed."))


async def fill(visit: Visit) -> Response:
    form = await visit.form(People)
    try:
        await run_in_threadpool(
            groups.replace_users,
            visit.context.changes,
            visit.principal,
            visit.path("group_id"),
            form.emails(),
        )
    except HeadwaterError as error:
        return await _group_page(visit, error)
    return _back(visit, visit._("The members are changed."))


async def remove(visit: Visit) -> Response:
    form = await visit.form(Remove)
    changes, by = visit.context.changes, visit.principal
    group = await run_in_threadpool(groups.one, changes, by, visit.path("group_id"))
    try:
        if form.typed.strip() != group.name:
            raise InvalidError(f"typed: is not {group.name}.", field="typed")
        await run_in_threadpool(groups.remove, changes, by, group.id)
    except HeadwaterError as error:
        return await _group_page(visit, error)
    notice = visit._("The group %(name)s is deleted.", name=group.name)
    return visit.redirect("/settings/groups", notice=notice)


async def _list(visit: Visit, name: str = "", error: HeadwaterError | None = None) -> Response:
    changes, by = visit.context.changes, visit.principal
    found = await run_in_threadpool(groups.listed, changes, by)
    known = await run_in_threadpool(grants.places, changes, by)
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/groups.html",
        problem.status if problem else 200,
        problem=problem,
        name=name,
        found=[(each, grants.told(each.grants, known, visit.translator)) for each in found],
        may_change=visit.may(Permission.IAM_ADMIN),
    )


async def _group_page(visit: Visit, error: HeadwaterError | None = None) -> Response:
    changes, by = visit.context.changes, visit.principal
    group: Group = await run_in_threadpool(groups.one, changes, by, visit.path("group_id"))
    people = await run_in_threadpool(users.listed, changes, by)
    known = await run_in_threadpool(grants.places, changes, by)
    problem = visit.problem(error) if error else None
    members = {each.user.email for each in people}
    return visit.render(
        "settings/group.html",
        problem.status if problem else 200,
        problem=problem,
        group=group,
        people=[each.user for each in people],
        others=[each for each in group.emails if each not in members],
        rows=grants.rows(group.grants),
        told=grants.told(group.grants, known, visit.translator),
        roles=grants.roles(visit.translator),
        scopes=grants.scopes(known, visit.translator),
        may_change=visit.may(Permission.IAM_ADMIN),
    )


def _back(visit: Visit, notice: str) -> Response:
    return visit.redirect(f"/settings/groups/{visit.path('group_id')}", notice=notice)


_GROUP = "/settings/groups/{group_id}"
PAGES = (
    Page("GET", "/settings/groups", Permission.IAM_READ, index),
    Page("POST", "/settings/groups", Permission.IAM_ADMIN, create),
    Page("GET", _GROUP, Permission.IAM_READ, show),
    Page("POST", f"{_GROUP}/name", Permission.IAM_ADMIN, rename),
    Page("POST", f"{_GROUP}/roles", Permission.IAM_ADMIN, give),
    Page("POST", f"{_GROUP}/people", Permission.IAM_ADMIN, fill),
    Page("POST", f"{_GROUP}/remove", Permission.IAM_ADMIN, remove),
)
