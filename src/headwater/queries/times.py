"""Moments as people and programs write them."""

import re
from datetime import UTC, datetime

from headwater.errors import InvalidError
from headwater.kit.clock import to_microseconds

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?([zZ]|[+-]\d{2}:?\d{2})?)?")


def moment(text: str, *, name: str) -> int:
    """Microseconds since the epoch of an ISO 8601 date or time; UTC where it names no zone.

    `name` is what the text was given for. Raises InvalidError.

    >>> moment("2023-10-01T02:00:00+02:00", name="since")
    1696118400000000
    """
    if _ISO.fullmatch(text):
        try:
            found = datetime.fromisoformat(text.replace(",", ".").upper())
            return to_microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            pass
    raise InvalidError(
        f"{name}: {text[:40]!r} is no time.",
        field=name,
        hint="Write it as 2026-11-23 or 2026-11-23T10:00:00Z.",
        code="invalid_time",
    )
