"""How the console looks to one browser: language and theme, also before anyone has signed in."""

from typing import Literal

import msgspec
from starlette.responses import Response

from headwater.access.model import Access
from headwater.web.frame import LANGUAGE_COOKIE, THEME_COOKIE, Page, Visit

_YEAR = 31_536_000


class Preferences(msgspec.Struct):
    """What to change; what is left out stays. `back` is the page that it was chosen on."""

    language: Literal["", "en", "zh_CN"] = ""
    theme: Literal["", "system", "light", "dark"] = ""
    back: str = "/"


async def change(visit: Visit) -> Response:
    form = await visit.form(Preferences)
    response = visit.redirect(form.back)
    for name, value in ((LANGUAGE_COOKIE, form.language), (THEME_COOKIE, form.theme)):
        if value:
            keep(visit, response, name, value)
    return response


def keep(visit: Visit, response: Response, name: str, value: str) -> None:
    """Keep a preference in the browser for a year."""
    response.set_cookie(
        name, value, max_age=_YEAR, path="/", samesite="lax", secure=visit.is_secure
    )


PAGES = (Page("POST", "/preferences", Access.ANYONE, change),)
