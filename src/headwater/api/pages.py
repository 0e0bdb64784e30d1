"""Lists a page at a time, as Segment's Public API gives them.

Its clients send the page's bounds in three ways: `pagination[count]=2` (npm, Go, Terraform),
`pagination.count=2` (documents, curl) and `pagination={"count": 2}` (Python). A cursor is opaque
to them, but Terraform begins with `MA==`, base64 of `0`, on every server.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.datastructures import QueryParams

from headwater.errors import BadRequestError

LARGEST: Final = 1000
DEFAULT: Final = 200


class Page(msgspec.Struct, frozen=True):
    """Which part of a list is asked for."""

    first: int = 0
    count: int = DEFAULT


def asked(query: QueryParams) -> Page:
    """The page that a query asks for. Raises BadRequestError, which names the parameter."""
    given = {
        name: query.get(f"pagination[{name}]") or query.get(f"pagination.{name}")
        for name in ("count", "cursor")
    }
    if text := query.get("pagination"):
        try:
            given |= {k: str(v) for k, v in msgspec.json.decode(text, type=dict[str, Any]).items()}
        except msgspec.MsgspecError as error:
            raise BadRequestError(f"pagination: cannot be used: {error}.") from error
    count = given.get("count") or str(DEFAULT)
    if not count.isdecimal() or not 1 <= int(count) <= LARGEST:
        raise BadRequestError(f"pagination.count: must be 1 to {LARGEST}, not {count!r}.")
    return Page(_first(given.get("cursor") or ""), int(count))


def paginated(name: str, values: Sequence[object], page: Page) -> dict[str, object]:
    """The `data` of an answer with one page of a list. `next` and `previous` are left out where
    there is none: a null would send Terraform round for ever."""
    bounds: dict[str, object] = {"current": _cursor(page.first), "totalEntries": len(values)}
    if page.first + page.count < len(values):
        bounds["next"] = _cursor(page.first + page.count)
    if page.first > 0:
        bounds["previous"] = _cursor(max(0, page.first - page.count))
    return {"data": {name: values[page.first : page.first + page.count], "pagination": bounds}}


def _cursor(first: int) -> str:
    return base64.b64encode(str(first).encode()).decode()


def _first(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.isdecimal() or len(text) > 12:
        raise BadRequestError("pagination.cursor: is not one that this server gave.")
    return int(text)
