"""How the console looks to one browser: language and theme, also before anyone has signed in."""

from typing import Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import users
from headwater.access.model import Access
from headwater.web.frame import LANGUAGE_COOKIE, THEME_COOKIE, Page, Visit


class Preferences(msgspec.Struct):
    """What to change; what is left out stays. `back` is the page that it was chosen on."""

    language: Literal["", "en", "zh_CN"] = ""
    theme: Literal["", "system", "light", "dark"] = ""
    back: str = "/"


async def change(visit: Visit) -> Response:
    form = await visit.form(Preferences)
    if form.language and visit.user:
        await run_in_threadpool(
            users.update_own, visit.context.changes, visit.principal, language=form.language
        )
    response = visit.redirect(form.back)
    for name, value in ((LANGUAGE_COOKIE, form.language), (THEME_COOKIE, form.theme)):
        if value:
            visit.keep(response, name, value)
    return response


PAGES = (Page("POST", "/preferences", Access.ANYONE, change),)
