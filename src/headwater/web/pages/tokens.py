"""/settings/tokens: API tokens, with what each may and until when; a secret is shown once."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import tokens, users
from headwater.access.permissions import Permission
from headwater.access.roles import Role
from headwater.errors import HeadwaterError, InvalidError
from headwater.web import grants
from headwater.web.frame import Page, Visit
from headwater.web.grants import GrantsForm
from headwater.web.navigation import N_

_DAY: Final = 86_400_000_000
_TERMS: Final = {
    "7": N_("7 days"),
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("One year"),
    "": N_("Never"),
}


class New(GrantsForm):
    """A token to make: `days` until it expires; empty is never."""

    name: str = ""
    days: str = "90"


class Revoke(msgspec.Struct):
    """The token's name, typed to confirm."""

    typed: str = ""


async def index(visit: Visit) -> Response:
    return await _list(visit)


async def ask(visit: Visit) -> Response:
    rows = [grants.Row(Role.WORKSPACE_MEMBER.value, "WORKSPACE")]
    return await _form_page(visit, New(), rows)


async def create(visit: Visit) -> Response:
    form = await visit.form(New)
    try:
        token, secret = await run_in_threadpool(
            tokens.create,
            visit.context.changes,
            visit.principal,
            name=form.name,
            grants=form.grants(),
            expires_at=_expiry(form.days, visit.context.clock.now()),
        )
    except HeadwaterError as error:
        rows = [grants.Row(*each) for each in zip(form.role, form.scope, strict=False) if each[0]]
        return await _form_page(visit, form, rows, error)
    return visit.render("settings/token_made.html", token=token, secret=secret)


async def revoke(visit: Visit) -> Response:
    form = await visit.form(Revoke)
    changes, by = visit.context.changes, visit.principal
    token = await run_in_threadpool(tokens.one, changes, by, visit.path("token_id"))
    if form.typed.strip() != token.name:
        error = InvalidError(f"typed: is not {token.name}.", field="typed")
        return await _list(visit, error)
    await run_in_threadpool(tokens.revoke, changes, by, token.id)
    notice = visit._("The token %(name)s is revoked.", name=token.name)
    return visit.redirect("/settings/tokens", notice=notice)


async def _list(visit: Visit, error: HeadwaterError | None = None) -> Response:
    changes, by = visit.context.changes, visit.principal
    found = await run_in_threadpool(tokens.listed, changes, by)
    people = await run_in_threadpool(users.listed, changes, by)
    known = await run_in_threadpool(grants.places, changes, by)
    names = {f"user:{each.user.id}": each.user.name for each in people}
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/tokens.html",
        problem.status if problem else 200,
        problem=problem,
        now=visit.context.clock.now(),
        found=[
            (
                each,
                grants.told(each.grants, known, visit.translator),
                names.get(each.created_by, visit._("The server")),
            )
            for each in found
        ],
    )


async def _form_page(
    visit: Visit, form: New, rows: list[grants.Row], error: HeadwaterError | None = None
) -> Response:
    known = await run_in_threadpool(grants.places, visit.context.changes, visit.principal)
    problem = visit.problem(error) if error else None
    return visit.render(
        "settings/token.html",
        problem.status if problem else 200,
        problem=problem,
        form=form,
        rows=rows,
        terms=[(days, visit._(text)) for days, text in _TERMS.items()],
        roles=grants.roles(visit.translator),
        scopes=grants.scopes(known, visit.translator),
    )


def _expiry(days: str, now: int) -> int | None:
    if not days:
        return None
    if days not in _TERMS:
        raise InvalidError("days: there is no such choice.", field="days")
    return now + int(days) * _DAY


PAGES = (
    Page("GET", "/settings/tokens", Permission.IAM_ADMIN, index),
    Page("GET", "/settings/tokens/new", Permission.IAM_ADMIN, ask),
    Page("POST", "/settings/tokens/new", Permission.IAM_ADMIN, create),
    Page("POST", "/settings/tokens/{token_id}/revoke", Permission.IAM_ADMIN, revoke),
)
