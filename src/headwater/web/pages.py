"""The pages of the console, as an ASGI application."""

from collections.abc import Callable, Mapping
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headwater import __version__
from headwater.access.model import Access
from headwater.settings import Settings

ACCESS: Final = {"/": Access.ANYONE}
"""Who may see each page."""

_HEADERS: Final = {
    b"content-security-policy": b"default-src 'none'; style-src 'unsafe-inline'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"cache-control": b"no-store",
}


def application(settings: Settings, roles: Callable[[], Mapping[str, str]]) -> Starlette:
    """The console; `roles` tells how each role is."""
    environment = Environment(
        loader=PackageLoader("headwater.web"), autoescape=True, undefined=StrictUndefined
    )

    async def welcome(request: Request) -> Response:
        page = environment.get_template("welcome.html").render(
            version=__version__,
            url=settings.public_url.rstrip("/") or _called(request),
            roles=roles(),
        )
        return HTMLResponse(page)

    async def missing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        page = environment.get_template("missing.html").render(path=request.url.path)
        return HTMLResponse(page, status)

    return Starlette(
        routes=[Route("/", welcome)],
        middleware=[Middleware(_SafeHeaders)],
        exception_handlers={HTTPException: missing},
    )


def _called(request: Request) -> str:
    """The address that the caller used; the collector says it in headers of its own."""
    scheme = request.headers.get("x-forwarded-proto", "http")
    host = request.headers.get("x-forwarded-host", "localhost")
    return f"{scheme}://{host}"


class _SafeHeaders:
    """Adds to every page what tells a browser to trust nothing but this page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, send_with_headers)
