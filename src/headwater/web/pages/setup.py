"""/setup: the first owner of a new Headwater, made by whoever has its admin token."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import passwords, setup
from headwater.access.model import Access
from headwater.access.setup import NewOwner
from headwater.errors import HeadwaterError
from headwater.web.frame import Page, Visit
from headwater.web.signed_in import with_session


class Form(msgspec.Struct):
    """What the page asks for; the token comes with the link that the server printed."""

    token: str = ""
    name: str = ""
    email: str = ""
    password: str = ""
    workspace: str = ""


async def show(visit: Visit) -> Response:
    if not await run_in_threadpool(setup.is_needed, visit.context.changes):
        return visit.redirect("/")
    return _page(visit, Form(token=visit.query("token")))


async def create(visit: Visit) -> Response:
    form = await visit.form(Form)
    owner = NewOwner(
        email=form.email, name=form.name, password=form.password, workspace_name=form.workspace
    )
    try:
        done = await run_in_threadpool(
            setup.create_owner,
            visit.context.changes,
            form.token.strip(),
            owner,
            address=visit.address,
            browser=visit.browser,
        )
    except HeadwaterError as error:
        return _page(visit, form, error)
    return with_session(visit, visit.redirect("/welcome"), done.secret, done.user)


def _page(visit: Visit, form: Form, error: HeadwaterError | None = None) -> Response:
    problem = visit.problem(error) if error else None
    status = problem.status if problem else 200
    return visit.render(
        "gate/setup.html", status, form=form, problem=problem, shortest=passwords.SHORTEST
    )


PAGES = (
    Page("GET", "/setup", Access.ANYONE, show),
    Page("POST", "/setup", Access.ANYONE, create),
)
