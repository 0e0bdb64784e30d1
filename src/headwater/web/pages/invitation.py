"""/invitation: where whoever holds an invitation's link joins the workspace."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import invitations, passwords
from headwater.access.model import Access
from headwater.errors import HeadwaterError
from headwater.web.frame import Page, Visit
from headwater.web.signed_in import with_session


class Form(msgspec.Struct):
    """What the page asks for; of somebody who has an account, only its password."""

    token: str = ""
    name: str = ""
    password: str = ""


async def show(visit: Visit) -> Response:
    return await _page(visit, Form(token=visit.query("token")))


async def follow(visit: Visit) -> Response:
    return visit.redirect(invitations.path_of(visit.path("token")))


async def accept(visit: Visit) -> Response:
    form = await visit.form(Form)
    try:
        done = await run_in_threadpool(
            invitations.accept,
            visit.context.changes,
            form.token,
            name=form.name,
            password=form.password,
            address=visit.address,
            browser=visit.browser,
        )
    except HeadwaterError as error:
        return await _page(visit, form, error)
    return with_session(visit, visit.redirect("/"), done.secret, done.user)


async def _page(visit: Visit, form: Form, error: HeadwaterError | None = None) -> Response:
    found = await run_in_threadpool(invitations.found, visit.context.changes, form.token)
    problem = visit.problem(error) if error else None
    return visit.render(
        "gate/invitation.html",
        problem.status if problem else 200,
        form=form,
        found=found,
        problem=problem,
        shortest=passwords.SHORTEST,
    )


PAGES = (
    Page("GET", "/invitation", Access.ANYONE, show),
    Page("POST", "/invitation", Access.ANYONE, accept),
    Page("GET", "/invite/{token}", Access.ANYONE, follow),
)
