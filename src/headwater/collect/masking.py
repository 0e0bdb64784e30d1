"""A request to a webhook source as it is kept: without what would let others send in its name."""

import re
from typing import Final
from urllib.parse import quote, quote_plus, unquote_plus

import msgspec

from headwater.spec import received

MASK: Final = "***"
"""What stands in place of a secret, in addresses too."""

_COMPARED_WHOLE: Final = 6
"""A secret shorter than this may stand in a word by chance: it is only masked as a whole value."""
_BEARERS: Final = re.compile(
    r"authorization|proxy-authorization|cookie|x-(.*-)?(token|secret|password|api-?key)|api-?key"
)
"""Headers whose value alone opens a door, whatever stands in the body."""
_PART: Final = re.compile(r"[^&;]+")


def without_secrets(request: received.Request, secret: str) -> received.Request:
    """A request that was checked by `secret`, with neither that nor a bearer's credential in it.

    Signatures stay: each is of its own body, and good for no other.
    """
    base, asks, _ = request.url.partition("?")
    query = _query(request.query, secret)
    return msgspec.structs.replace(
        request,
        url=f"{_text(base, secret)}{asks}{query}",
        path=_text(request.path, secret),
        query=query,
        headers={
            name: MASK if _BEARERS.fullmatch(name) else _text(value, secret)
            for name, value in request.headers.items()
        },
    )


def _query(query: str, secret: str) -> str:
    """A query without the secret, however it is written there."""
    return _text(_PART.sub(lambda found: _parameter(found[0], secret), query), secret)


def _parameter(part: str, secret: str) -> str:
    name, equals, value = part.partition("=")
    if not equals:
        return MASK if unquote_plus(part) == secret else part
    said = unquote_plus(value)
    is_secret = said == secret or (len(secret) >= _COMPARED_WHOLE and secret in said)
    return f"{name}={MASK}" if is_secret else part


def _text(text: str, secret: str) -> str:
    """A text without the secret, as it is and as addresses write it."""
    if text == secret:
        return MASK
    if len(secret) < _COMPARED_WHOLE:
        return text
    for written in {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}:
        text = text.replace(written, MASK)
    return text
