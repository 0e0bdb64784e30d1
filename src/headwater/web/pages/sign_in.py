"""/sign-in and /sign-out."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import setup, sign_in
from headwater.access.model import Access
from headwater.errors import HeadwaterError, RateLimitedError
from headwater.web.frame import Page, Visit, local_path
from headwater.web.signed_in import with_session, without_session


class Form(msgspec.Struct):
    """Who wants in; `next` is the page to go on to."""

    email: str = ""
    password: str = ""
    next: str = ""


async def show(visit: Visit) -> Response:
    following = local_path(visit.query("next"))
    if visit.user:
        return visit.redirect(following)
    if await run_in_threadpool(setup.is_needed, visit.context.changes):
        return visit.redirect("/setup")
    return visit.render("gate/sign_in.html", form=Form(next=following))


async def enter(visit: Visit) -> Response:
    form = await visit.form(Form)
    try:
        done = await run_in_threadpool(
            sign_in.sign_in,
            visit.context.changes,
            form.email,
            form.password,
            address=visit.address,
            browser=visit.browser,
        )
    except HeadwaterError as error:
        problem = visit.problem(error)
        response = visit.render("gate/sign_in.html", problem.status, form=form, problem=problem)
        if isinstance(error, RateLimitedError):
            response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    return with_session(visit, visit.redirect(form.next), done.secret, done.user)


async def leave(visit: Visit) -> Response:
    await run_in_threadpool(sign_in.sign_out, visit.context.changes, visit.principal)
    return without_session(visit, visit.redirect("/sign-in"))


PAGES = (
    Page("GET", "/sign-in", Access.ANYONE, show),
    Page("POST", "/sign-in", Access.ANYONE, enter),
    Page("POST", "/sign-out", Access.MEMBER, leave),
)
