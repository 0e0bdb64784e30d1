"""/settings/me and /settings/sessions: one's own account."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import passwords, sessions, users
from headwater.access.accounts import User
from headwater.access.model import Access
from headwater.errors import HeadwaterError, InvalidError, UnauthorizedError
from headwater.web.browsers import browser_name
from headwater.web.frame import LANGUAGE_COOKIE, ZONE_COOKIE, Page, Visit, zone_named, zones
from headwater.web.navigation import N_
from headwater.web.translation import LANGUAGES, choose, translator

_REGIONS: Final = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class Profile(msgspec.Struct):
    """One's name, language and time zone; empty is as the browser says."""

    name: str = ""
    language: str = ""
    time_zone: str = ""


class Password(msgspec.Struct):
    """The password until now, and the new one."""

    old: str = ""
    new: str = ""


class Session(msgspec.Struct):
    """The session to end."""

    session: str = ""


async def show(visit: Visit) -> Response:
    user = _person(visit)
    return _page(visit, Profile(user.name, user.language, user.time_zone))


async def change(visit: Visit) -> Response:
    form = await visit.form(Profile)
    try:
        if form.language and form.language not in LANGUAGES:
            raise InvalidError("language: there is no such language.", field="language")
        if form.time_zone and zone_named(form.time_zone) is None:
            raise InvalidError("time_zone: there is no such time zone.", field="time_zone")
        await run_in_threadpool(
            users.update_own,
            visit.context.changes,
            visit.principal,
            name=form.name,
            language=form.language,
            time_zone=form.time_zone,
        )
    except HeadwaterError as error:
        return _page(visit, form, error)
    locale = choose(form.language, accepted=visit.request.headers.get("accept-language", ""))
    notice = translator(locale).gettext(N_("Your account is changed."))
    response = visit.redirect("/settings/me", notice=notice)
    for cookie in (LANGUAGE_COOKIE, ZONE_COOKIE):
        response.delete_cookie(cookie, path="/")
    return response


async def change_password(visit: Visit) -> Response:
    form = await visit.form(Password)
    user = _person(visit)
    try:
        await run_in_threadpool(
            users.change_password,
            visit.context.changes,
            visit.principal,
            form.old,
            form.new,
            address=visit.address,
        )
    except HeadwaterError as error:
        field = "old" if isinstance(error, UnauthorizedError) else "new"
        said = visit.problem(error)
        problem = msgspec.structs.replace(said, field=field)
        if field == "old":
            wrong = visit._("This is not your current password.")
            problem = msgspec.structs.replace(problem, message=wrong, hint="", status=422)
        profile = Profile(user.name, user.language, user.time_zone)
        return _rendered(visit, profile, password_problem=problem)
    notice = visit._("The password is changed; other sessions are ended.")
    return visit.redirect("/settings/me", notice=notice)


async def index(visit: Visit) -> Response:
    found = await run_in_threadpool(sessions.listed, visit.context.changes, visit.principal)
    return visit.render(
        "settings/sessions.html",
        found=[(each, browser_name(each.browser)) for each in found],
        mine=visit.principal.session_id,
    )


async def end(visit: Visit) -> Response:
    form = await visit.form(Session)
    changes, by = visit.context.changes, visit.principal
    if form.session:
        await run_in_threadpool(sessions.revoke, changes, by, form.session)
        return visit.redirect("/settings/sessions", notice=visit._("The session is ended."))
    await run_in_threadpool(sessions.revoke_others, changes, by)
    return visit.redirect("/settings/sessions", notice=visit._("All other sessions are ended."))


def _person(visit: Visit) -> User:
    if visit.user is None:
        raise UnauthorizedError("Only a person has an account.", hint="Sign in at /sign-in.")
    return visit.user


def _page(visit: Visit, form: Profile, error: HeadwaterError | None = None) -> Response:
    return _rendered(visit, form, problem=visit.problem(error) if error else None)


def _rendered(visit: Visit, form: Profile, **problems: object) -> Response:
    values = {"problem": None, "password_problem": None, **problems}
    status = next((each.status for each in values.values() if each), 200)  # type: ignore[attr-defined]
    offered = sorted(each for each in zones() if each.partition("/")[0] in _REGIONS)
    return visit.render(
        "settings/me.html", status, form=form, zones=offered, shortest=passwords.SHORTEST, **values
    )


PAGES = (
    Page("GET", "/settings/me", Access.MEMBER, show),
    Page("POST", "/settings/me", Access.MEMBER, change),
    Page("POST", "/settings/me/password", Access.MEMBER, change_password),
    Page("GET", "/settings/sessions", Access.MEMBER, index),
    Page("POST", "/settings/sessions", Access.MEMBER, end),
)
