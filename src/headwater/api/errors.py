"""The one envelope of all errors of the control API.

It is the tracking API's (`success`, `code`, `message`, `hint`) and Segment's Public API's
(`errors`) at once.
"""

from http import HTTPStatus
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from headwater.api.frame import answer
from headwater.errors import (
    HeadwaterError,
    InvalidError,
    QueryError,
    RateLimitedError,
    UnavailableError,
)
from headwater.kit.logging import logger

_log = logger("api")


class ProblemDetail(msgspec.Struct, frozen=True):
    """An error as Segment's clients read it."""

    type: str
    message: str
    status: int
    field: str | UnsetType = UNSET


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was not done. `code` is stable and for programs; `hint` says what to do next;
    `position` is where in the text of a question it is. What is no HTTP, or too large a head, is
    refused before it is known whose it is: without `errors`."""

    success: Literal[False] = False
    code: str
    message: str
    hint: str
    errors: tuple[ProblemDetail, ...] | UnsetType = UNSET
    position: int | UnsetType = UNSET


_CODES = {
    404: ("not_found", "See docs/api.md for the paths that exist."),
    405: ("method_not_allowed", "The Allow header names the methods of this path."),
}


def refused(request: Request, error: Exception) -> Response:
    """The answer to a call that raised a HeadwaterError."""
    if not isinstance(error, HeadwaterError):
        return failed(request, error)
    if error.status >= 500:
        _log.warning("api.failed", path=request.url.path, code=error.code, message=error.message)
    response = envelope(
        error.status,
        error.code,
        error.message,
        error.hint,
        field=error.field if isinstance(error, InvalidError) else "",
        position=error.position if isinstance(error, QueryError) else None,
    )
    if isinstance(error, RateLimitedError | UnavailableError):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Headwater"'
    return response


def not_served(request: Request, error: Exception) -> Response:
    """The answer to an unknown path or a wrong method."""
    if not isinstance(error, HTTPException):
        return failed(request, error)
    code, hint = _CODES.get(error.status_code, ("bad_request", ""))
    phrase = HTTPStatus(error.status_code).phrase
    message = f"{request.method} {request.url.path}: {phrase}."
    response = envelope(error.status_code, code, message, hint)
    response.headers.update(error.headers or {})
    return response


def failed(request: Request, error: Exception) -> Response:
    """The answer to a call that went wrong by a fault of ours, of which the log tells more."""
    _log.error("api.broken", path=request.url.path, error=repr(error), exc_info=error)
    return envelope(
        500,
        "internal_error",
        "Something went wrong in Headwater itself.",
        "The server's log says more. Please report it.",
    )


def envelope(
    status: int, code: str, message: str, hint: str, *, field: str = "", position: int | None = None
) -> Response:
    """An error's answer; `position` is where in the text of a question it is."""
    detail = ProblemDetail(
        type=code,
        message=f"{message} {hint}".rstrip(),
        status=status,
        field=field or UNSET,
    )
    problem = Problem(
        code=code,
        message=message,
        hint=hint,
        errors=(detail,),
        position=UNSET if position is None else position,
    )
    return answer(problem, status)
