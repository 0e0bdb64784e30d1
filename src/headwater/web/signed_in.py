"""The cookie of a session: set when somebody signs in, taken away when they sign out."""

from typing import Final

from starlette.responses import Response

from headwater.access import sessions
from headwater.access.accounts import User
from headwater.web.frame import LANGUAGE_COOKIE, ZONE_COOKIE, Visit
from headwater.web.translation import LANGUAGES

_SECONDS: Final = sessions.LONGEST // 1_000_000


def with_session(visit: Visit, response: Response, secret: str, user: User) -> Response:
    """The answer that signs its receiver in, in the language that he chose for himself."""
    response.set_cookie(
        sessions.COOKIE,
        secret,
        max_age=_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=visit.is_secure,
    )
    if user.language in LANGUAGES:
        visit.keep(response, LANGUAGE_COOKIE, user.language)
    if user.time_zone:
        visit.keep(response, ZONE_COOKIE, user.time_zone)
    return response


def without_session(visit: Visit, response: Response) -> Response:
    """The answer that signs its receiver out of this browser."""
    response.delete_cookie(
        sessions.COOKIE, path="/", httponly=True, samesite="lax", secure=visit.is_secure
    )
    return response
