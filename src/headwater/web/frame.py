"""The frame of the console: what a page declares, and what its handler is handed.

A noun's file (`pages/<noun>.py`) exports `PAGES`, a tuple of `Page`; its line in `application.py`
serves them. A handler is `async def handle(visit: Visit) -> Response`; an error of
`headwater.errors` that it raises becomes a page that says what to do.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headwater.access.accounts import User
from headwater.access.admission import lacking
from headwater.access.model import Principal, Resource, Rule
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, UnauthorizedError
from headwater.web.account import Account
from headwater.web.context import Context
from headwater.web.problems import Problem
from headwater.web.rendering import environment
from headwater.web.translation import Translator, choose, translator

LARGEST_FORM: Final = 1_000_000
"""The largest form, in bytes."""

LANGUAGE_COOKIE: Final = "headwater_language"
THEME_COOKIE: Final = "headwater_theme"
ZONE_COOKIE: Final = "headwater_zone"
NOTICE_COOKIE: Final = "headwater_notice"
THEMES: Final = ("system", "light", "dark")

_YEAR: Final = 31_536_000
_T = TypeVar("_T", bound=msgspec.Struct)


class Visit:
    """One request of a page, and what its handler may ask and answer."""

    def __init__(
        self,
        request: Request,
        context: Context,
        principal: Principal | None,
        account: Account | None = None,
    ) -> None:
        self.request = request
        self.context = context
        self.visitor = principal
        self._account = account

    @property
    def account(self) -> Account:
        """Who the visitor is to himself. Raises UnauthorizedError as `principal` does."""
        if self._account is None:
            raise UnauthorizedError("Please sign in.")
        return self._account

    @property
    def user(self) -> User | None:
        """The visitor, if it is a person who has signed in."""
        return self._account.user if self._account else None

    @property
    def principal(self) -> Principal:
        """Who asks. Raises UnauthorizedError on a page for anyone, where nobody need be known."""
        if self.visitor is None:
            raise UnauthorizedError("Please sign in.")
        return self.visitor

    def may(self, rule: Rule, resource: Resource | None = None) -> bool:
        """Whether the visitor may do this: for what a template shows or leaves out."""
        if self.visitor is None:
            return False
        if resource is not None and isinstance(rule, Permission):
            return self.visitor.may(rule, resource)
        return lacking(rule, self.visitor) is None

    @cached_property
    def locale(self) -> str:
        """The visitor's language: chosen by hand, else the best that the browser asks for."""
        own = self.user.language if self.user else ""
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        return choose(own, chosen, accepted=self.request.headers.get("accept-language", ""))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The visitor's time zone: chosen by hand, else what the browser last said; else UTC."""
        own = self.user.time_zone if self.user else ""
        said = self.request.cookies.get(ZONE_COOKIE, "")
        return zone_named(own) or zone_named(said) or ZoneInfo("UTC")

    @property
    def zone_chosen(self) -> bool:
        """Whether the zone was chosen by hand, so that the browser's own does not count."""
        return bool(self.user and self.user.time_zone)

    @cached_property
    def theme(self) -> str:
        """`light`, `dark`, or `system` for what the machine prefers."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "system"

    @property
    def url(self) -> str:
        """The address of this Headwater as the visitor knows it, without a slash at its end."""
        said = self.context.settings.public_url.rstrip("/")
        return said or f"{self._scheme}://{self.host}"

    @property
    def host(self) -> str:
        """The host and port that were called; the collector says them in a header of its own."""
        headers = self.request.headers
        return headers.get("x-forwarded-host") or headers.get("host", "localhost")

    @property
    def here(self) -> str:
        """This page's path and query, to come back to."""
        if self.request.method not in ("GET", "HEAD"):
            return "/"
        query = self.request.url.query
        return f"{self.request.url.path}?{query}" if query else self.request.url.path

    @property
    def name(self) -> str:
        """What the visitor is called in the menu."""
        if self.user and self.user.name:
            return self.user.name
        return self.principal.name or self.principal.actor

    @property
    def address(self) -> str:
        """The address that the visitor calls from; the collector says it in a header."""
        client = self.request.client.host if self.request.client else ""
        return self.request.headers.get("x-forwarded-for", client)

    @property
    def browser(self) -> str:
        """What the visitor's browser says that it is."""
        return self.request.headers.get("user-agent", "")

    @property
    def is_secure(self) -> bool:
        """Whether the visitor came by https."""
        return self._scheme == "https"

    @property
    def _scheme(self) -> str:
        return self.request.headers.get("x-forwarded-proto", "http")

    @cached_property
    def translator(self) -> Translator:
        return translator(self.locale)

    def _(self, text: str, **values: object) -> str:
        """A text in the visitor's language, with `%(name)s` filled in."""
        said = self.translator.gettext(text)
        return said % values if values else said

    def path(self, name: str) -> str:
        """A parameter of the page's path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the query; the last where it is given several times."""
        return self.request.query_params.get(name, default)

    async def form(self, kind: type[_T]) -> _T:
        """The sent form as this type: a box not ticked is false, a list takes every value.

        Raises BadRequestError, whose message begins with the field's name.
        """
        fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
        lists = {name for name, type_ in fields.items() if _is_list(type_)}
        values: dict[str, Any] = {}
        async with self.request.form(max_part_size=LARGEST_FORM, max_fields=2000) as sent:
            for name, value in sent.multi_items():
                if name not in fields:
                    continue
                if not isinstance(value, str):
                    value = await _text_of(name, value)
                if name in lists:
                    values.setdefault(name, []).append(value)
                else:
                    values[name] = _plain(value, fields[name])
        try:
            return msgspec.convert(values, kind, strict=False)
        except msgspec.ValidationError as error:
            raise BadRequestError(_naming_the_field(error), code="invalid_body") from error

    def render(self, template: str, /, status: int = 200, **values: object) -> Response:
        """A page of this template. `visit` and `problem` are always among its values."""
        values.setdefault("problem", None)
        page = environment(self.locale).get_template(template)
        text = page.render(visit=self, **values)
        response = HTMLResponse(text, status)
        if NOTICE_COOKIE in self.request.cookies:
            response.delete_cookie(NOTICE_COOKIE)
        return response

    def redirect(self, path: str, *, notice: str = "", tone: str = "good") -> Response:
        """Go on to a page of ours, which shows the notice once. `tone`: good, bad or plain."""
        response = RedirectResponse(local_path(path), 303)
        if notice:
            said = quote(json.dumps([tone, notice]))
            response.set_cookie(
                NOTICE_COOKIE, said, max_age=60, httponly=True, samesite="lax", path="/"
            )
        return response

    def keep(self, response: Response, name: str, value: str) -> None:
        """Keep a preference in the browser for a year."""
        response.set_cookie(
            name, value, max_age=_YEAR, path="/", samesite="lax", secure=self.is_secure
        )

    def json(self, value: object, status: int = 200) -> Response:
        """An answer to a script of ours."""
        return Response(msgspec.json.encode(value), status, media_type="application/json")

    def problem(self, error: Exception) -> Problem:
        """What went wrong, in the visitor's language, for `problem=` of a page with a form."""
        return Problem.of(error, self.translator)

    @cached_property
    def notice(self) -> Mapping[str, str] | None:
        """What the page before this one had to say."""
        try:
            tone, text = json.loads(unquote(self.request.cookies[NOTICE_COOKIE]))
        except (KeyError, ValueError, TypeError):
            return None
        good = tone in ("good", "bad", "plain") and isinstance(text, str)
        return {"tone": tone, "text": text[:1000]} if good else None


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """A method of a path, who may see it, and what answers it."""

    method: str
    path: str
    access: Rule
    handle: Handler


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of this name; None where there is none."""
    return ZoneInfo(name) if name in zones() else None


@cache
def zones() -> frozenset[str]:
    """The names of all time zones: found by going through the machine's files, so once."""
    return frozenset(available_timezones())


def local_path(path: str) -> str:
    """The path if it leads to a page of ours, else `/`: never to another host."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", kind) in (list, tuple, set, frozenset)


def _plain(value: str, kind: object) -> str | bool:
    if kind is bool:
        return value.lower() in ("on", "true", "1", "yes")
    return value.replace("\r\n", "\n")


async def _text_of(name: str, upload: Any) -> str:
    content: bytes = await upload.read(LARGEST_FORM + 1)
    if len(content) > LARGEST_FORM:
        raise BadRequestError(f"{name}: is larger than {LARGEST_FORM:,} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadRequestError(f"{name}: is not text.") from error


def _naming_the_field(error: msgspec.ValidationError) -> str:
    what, _, where = str(error).partition(" - at `$.")
    if field := where.rstrip("`").partition("[")[0]:
        return f"{field}: {what}."
    _, _, missing = what.partition("missing required field `")
    return f"{missing.rstrip('`')}: is missing." if missing else f"{what}."
