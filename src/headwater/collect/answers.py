"""What the tracking API answers, in the exact forms that the SDKs need.

rudder-sdk-python sends again after 201 or 204, analytics-ruby parses every body as JSON, and
segment-analytics-python indexes `code` and `message` of every error: so successes are exactly
200 with a JSON object, and errors have those members.
"""

import base64
from typing import Final

import msgspec

from headwater.collect.routes import Dialect, Kind
from headwater.errors import RateLimitedError, RequestError, UnavailableError

Headers = tuple[tuple[bytes, bytes], ...]

_JSON: Final = (b"content-type", b"application/json")
_NO_STORE: Final = (b"cache-control", b"no-store")


class Answer(msgspec.Struct, frozen=True):
    """One whole answer but for its CORS headers. `code` is empty for a success."""

    status: int
    body: bytes
    headers: Headers
    code: str = ""


def answer(status: int, body: bytes, *headers: tuple[bytes, bytes], code: str = "") -> Answer:
    """An answer with its length."""
    return Answer(status, body, (*headers, (b"content-length", b"%d" % len(body))), code)


def json_answer(status: int, value: object, *headers: tuple[bytes, bytes]) -> Answer:
    return answer(status, msgspec.json.encode(value), _JSON, *headers)


SUCCESS: Final = json_answer(200, {"success": True})
JITSU_SUCCESS: Final = json_answer(200, {"ok": True})
# A transparent picture of one pixel.
_GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PIXEL: Final = answer(200, _GIF, (b"content-type", b"image/gif"), _NO_STORE)


def success(kind: Kind, dialect: Dialect, count: int) -> Answer:
    """The answer to an accepted call of `count` events."""
    if kind is Kind.PIXEL:
        return PIXEL
    if dialect is Dialect.JITSU and kind is not Kind.BATCH:
        return JITSU_SUCCESS
    if dialect in (Dialect.JITSU, Dialect.EITHER):
        counted = {"ok": True, "receivedEvents": count, "okEvents": count}
        if dialect is Dialect.EITHER:
            counted = {"success": True, **counted}
        return json_answer(200, counted)
    return SUCCESS


def refusal(error: RequestError) -> Answer:
    """The answer that an error stands for; 429 and 503 say when to come back, in whole seconds."""
    headers: Headers = ()
    if isinstance(error, RateLimitedError | UnavailableError):
        seconds = b"%d" % max(1, error.retry_after_seconds)
        headers = ((b"retry-after", seconds),)
        if error.status == RateLimitedError.status:
            headers = (*headers, (b"x-ratelimit-reset", seconds))
    return failure(error.status, error.code, error.message, error.hint, *headers)


def failure(
    status: int, code: str, message: str, hint: str, *headers: tuple[bytes, bytes]
) -> Answer:
    """An error in the envelope of every error."""
    body = {"success": False, "code": code, "message": message, "hint": hint}
    return answer(status, msgspec.json.encode(body), _JSON, _NO_STORE, *headers, code=code)


def method_not_allowed(kind: Kind) -> Answer:
    """405, with the methods that the path takes."""
    allowed = ", ".join((*kind.methods, "OPTIONS"))
    return failure(
        405,
        "method_not_allowed",
        f"This path takes {allowed}.",
        "Send events with POST; load settings and pixels with GET.",
        (b"allow", allowed.encode()),
    )


CLOSE: Final = (b"connection", b"close")
BODY_TOO_SLOW: Final = failure(
    408,
    "body_too_slow",
    "The request's body did not arrive in time.",
    "Send it again; raise body_timeout_seconds for slow networks.",
    CLOSE,
)
INTERNAL_ERROR: Final = failure(
    500,
    "internal_error",
    "The request met a fault of the server; it was not kept.",
    "Send it again; the server's log has the details.",
)
