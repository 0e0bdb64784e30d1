"""Where a search goes on: a place in the order of events, as text that is opaque to clients."""

import base64
import binascii

import msgspec

from headwater.errors import BadRequestError
from headwater.search.model import Place

_decode = msgspec.json.Decoder(Place).decode


def written(place: Place) -> str:
    """A place as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str) -> Place | None:
    """The place of a cursor; None of an empty one. Raises BadRequestError."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return _decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadRequestError(
            "cursor: is not one that this server gave.",
            hint="Take `next` of a page, or leave it out.",
            code="invalid_cursor",
        ) from None
