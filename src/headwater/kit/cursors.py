"""Where a list goes on: a place in its order, as text that is opaque to clients."""

import base64
import binascii
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from headwater.errors import BadRequestError

_Place = TypeVar("_Place")

Moment = Annotated[int, Meta(ge=-62_135_596_800_000_000, le=253_402_300_799_999_999)]
"""Microseconds since the epoch, from the year 1 to the year 9999."""


def written(place: msgspec.Struct) -> str:
    """A place as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str, kind: type[_Place]) -> _Place | None:
    """The place of a cursor; None of an empty one. Raises BadRequestError."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=kind
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadRequestError(
            "cursor: is not one that this server gave.",
            hint="Take `next` of a page, or leave it out.",
            code="invalid_cursor",
        ) from None
