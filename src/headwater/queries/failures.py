"""Errors as they travel between the roles, and back into errors."""

from typing import Final

import msgspec

from headwater import errors
from headwater.errors import HeadwaterError

_BY_CODE: Final[dict[str, type[HeadwaterError]]] = {
    kind.code: kind
    for kind in (
        errors.QueryError,
        errors.QueryRefusedError,
        errors.QueryLimitError,
        errors.QueryCancelledError,
        errors.WarehouseError,
        errors.WarehouseLostError,
        errors.WarehouseRefusedError,
        errors.NotFoundError,
        errors.BadRequestError,
    )
}
_BY_STATUS: Final[dict[int, type[HeadwaterError]]] = {
    400: errors.BadRequestError,
    401: errors.UnauthorizedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.InvalidError,
    429: errors.RateLimitedError,
    503: errors.UnavailableError,
}


class Failure(msgspec.Struct, frozen=True):
    """An error as JSON: the members that every error body of Headwater has."""

    message: str = ""
    code: str = ""
    hint: str = ""
    success: bool = False
    position: int | None = None
    """Where in the question's text, from 0."""


def failure_of(error: HeadwaterError) -> Failure:
    position = error.position if isinstance(error, errors.QueryError) else None
    return Failure(error.message, error.code, error.hint, position=position)


def error_of(status: int, body: bytes) -> HeadwaterError:
    """The error that a response's status and body tell of."""
    try:
        failure = msgspec.json.decode(body, type=Failure)
    except (msgspec.DecodeError, UnicodeDecodeError):
        failure = Failure(f"The server answered with status {status} and no reason.")
    kind = _BY_CODE.get(failure.code) or _BY_STATUS.get(status, HeadwaterError)
    error = kind(failure.message, hint=failure.hint)
    if failure.code:
        error.code = failure.code
    if isinstance(error, errors.QueryError):
        error.position = failure.position
    return error
