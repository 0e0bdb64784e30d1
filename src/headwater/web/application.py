"""The console as an ASGI application: every page of every noun, behind its access rule."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from headwater.access.admission import admit, identify, require_same_origin
from headwater.access.model import Principal
from headwater.errors import BadRequestError, HeadwaterError, NotFoundError, UnauthorizedError
from headwater.kit.logging import logger
from headwater.web import assets
from headwater.web.account import Account, account
from headwater.web.context import Context
from headwater.web.frame import Page, Visit
from headwater.web.headers import SafeHeaders
from headwater.web.pages import (
    about,
    analyses,
    audit,
    events,
    function,
    functions,
    govern,
    groups,
    health_page,
    invitation,
    labels,
    me,
    members,
    mend,
    overview,
    palette,
    plan_history,
    plan_inference,
    plan_sources,
    plan_violations,
    plans,
    preferences,
    quarantine,
    replays,
    rule,
    rules,
    server_settings,
    setup,
    sign_in,
    source,
    source_connection,
    source_connections,
    source_live,
    source_sender,
    sources,
    sql,
    styleguide,
    sync,
    tokens,
    transformations,
    upload,
    warehouse,
    welcome,
    what_if,
    workspace,
)

PAGES: Final[tuple[Page, ...]] = (
    *about.PAGES,
    *audit.PAGES,
    *functions.PAGES,
    *function.PAGES,
    *govern.PAGES,
    *groups.PAGES,
    *health_page.PAGES,
    *invitation.PAGES,
    *labels.PAGES,
    *me.PAGES,
    *members.PAGES,
    *overview.PAGES,
    *events.PAGES,
    *palette.PAGES,
    *quarantine.PAGES,
    *mend.PAGES,
    *preferences.PAGES,
    *rules.PAGES,
    *plan_inference.PAGES,
    *plans.PAGES,
    *plan_violations.PAGES,
    *plan_sources.PAGES,
    *plan_history.PAGES,
    *rule.PAGES,
    *server_settings.PAGES,
    *setup.PAGES,
    *sign_in.PAGES,
    *replays.PAGES,
    *sources.PAGES,
    *source.PAGES,
    *source_connections.PAGES,
    *source_connection.PAGES,
    *source_live.PAGES,
    *source_sender.PAGES,
    *upload.PAGES,
    *sql.PAGES,
    *analyses.PAGES,
    *sync.PAGES,
    *styleguide.PAGES,
    *tokens.PAGES,
    *transformations.PAGES,
    *warehouse.PAGES,
    *welcome.PAGES,
    *what_if.PAGES,
    *workspace.PAGES,
)

_SAFE: Final = ("GET", "HEAD")
_log = logger("web")


def application(context: Context, pages: Iterable[Page] = PAGES) -> Starlette:
    """The console over a context. Errors and unknown paths are pages too."""
    by_path: dict[str, dict[str, Page]] = defaultdict(dict)
    for page in pages:
        by_path[page.path][page.method] = page

    async def failed(request: Request, error: Exception) -> Response:
        return await _failed(request, context, error)

    return Starlette(
        routes=[
            Route("/static/{digest}/{name:path}", assets.serve),
            Route("/static/{name}", assets.serve_plotly),
            *(_route(context, path, methods) for path, methods in by_path.items()),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            HeadwaterError: failed,
            HTTPException: failed,
            Exception: failed,
        },
    )


def _route(context: Context, path: str, methods: Mapping[str, Page]) -> Route:
    async def endpoint(request: Request) -> Response:
        page = methods["GET" if request.method == "HEAD" else request.method]
        if request.method not in _SAFE:
            require_same_origin(request.headers)
        visit = await _visit(request, context)
        admit(page.access, visit.visitor, request.headers)
        return await page.handle(visit)

    return Route(path, endpoint, methods=list(methods))


async def _failed(request: Request, context: Context, error: Exception) -> Response:
    """The page that says what went wrong, and what to do."""
    if isinstance(error, UnauthorizedError):
        return _to_sign_in(request)
    if isinstance(error, HTTPException):
        path = request.url.path
        if error.status_code == 404 and path != "/" and path.endswith("/"):
            return RedirectResponse("/" + path.strip("/"), 308)
        error = _as_ours(error)
    elif not isinstance(error, HeadwaterError):
        _log.error("web.broken", path=request.url.path, error=repr(error), exc_info=error)
    try:
        visit = await _visit(request, context)
    except Exception as second:
        if not isinstance(second, HeadwaterError):
            _log.error("web.broken", path=request.url.path, error=repr(second), exc_info=second)
        visit = Visit(request, context, None)
    problem = visit.problem(error)
    return visit.render("problem/page.html", problem.status, problem=problem)


def _as_ours(error: HTTPException) -> HeadwaterError:
    if error.status_code in (404, 405):
        return NotFoundError(
            "There is nothing at this address.", hint="It may have moved, or been deleted."
        )
    return BadRequestError("The form cannot be read.", hint="Open the page and send it again.")


async def _visit(request: Request, context: Context) -> Visit:
    """The visit of whoever the request's cookie or token names. Raises UnauthorizedError."""

    def known() -> tuple[Principal | None, Account | None]:
        principal = identify(context.changes, "GET", request.headers)
        return principal, account(context.changes, principal) if principal else None

    return Visit(request, context, *await run_in_threadpool(known))


def _to_sign_in(request: Request) -> Response:
    """The way to the sign-in page, and back to where the visitor wanted to go."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = "" if wanted == "/" or request.method not in _SAFE else f"?next={quote(wanted)}"
    return RedirectResponse(f"/sign-in{back}", 303)
