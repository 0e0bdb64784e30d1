"""Pixels: events in the query of a picture's address, from pages and mails without script.

`data` holds base64 of the event's JSON (standard or URL-safe, padding optional, `+` perhaps read
as a space); or each parameter is a member, its dots opening objects (`properties.subject=…`).
"""

import base64
import binascii
from typing import Any, Final

import msgspec

from headwater.collect.routes import Dialect
from headwater.collect.sources import query_pairs
from headwater.errors import BadRequestError

_NOT_MEMBERS: Final = frozenset({"data", "writeKey", "writekey", "write_key"})
_FROM_URL_SAFE: Final = str.maketrans("-_ ", "+/+")


def event(query: bytes, dialect: Dialect, max_nesting: int) -> bytes:
    """The JSON of a pixel's event. Raises BadRequestError when `data` is no base64."""
    pairs = query_pairs(query)
    data = next((value for name, value in pairs if name == "data"), "")
    if data:
        return _decoded(data)
    members = _opened(pairs, max_nesting)
    if dialect is Dialect.RUDDERSTACK:
        _as_rudderstack(members)
    return msgspec.json.encode(members)


def _decoded(data: str) -> bytes:
    text = data.strip().rstrip("=").translate(_FROM_URL_SAFE)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequestError(
            "The pixel's `data` is not base64.",
            hint="Encode the event's JSON as base64.",
            code="invalid_pixel",
        ) from None


def _opened(pairs: list[tuple[str, str]], max_nesting: int) -> dict[str, Any]:
    """Nested members from dotted names; where two clash, the object wins."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in _NOT_MEMBERS or not name:
            continue
        *path, last = name.split(".", max_nesting)
        inner = members
        for part in path:
            found = inner.get(part)
            if not isinstance(found, dict):
                found = inner[part] = {}
            inner = found
        if not isinstance(inner.get(last), dict):
            inner[last] = value
    return members


def _as_rudderstack(members: dict[str, Any]) -> None:
    """RudderStack's own reading: quotes around the id, a page named by an empty text."""
    if isinstance(anonymous_id := members.get("anonymousId"), str):
        members["anonymousId"] = anonymous_id.strip("\"'")
    if members.get("name") == "":
        members["name"] = "Unknown Page"
