"""Times as the backends tell them, as templates take them."""

from datetime import datetime

from headwater.kit.clock import to_microseconds


def micros(text: str | None) -> int | None:
    """Microseconds since the epoch of an ISO 8601 time; None for none.

    >>> micros("2023-11-14T22:13:20.123Z")
    1700000000123000
    """
    return to_microseconds(datetime.fromisoformat(text)) if text else None
