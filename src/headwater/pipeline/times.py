"""Times in every form that SDKs send them (Segment's Spec, common fields; Java's own format)."""

import re
from datetime import UTC, datetime
from typing import Final

from headwater.kit.clock import EPOCH, to_microseconds

EARLIEST: Final = to_microseconds(datetime.min.replace(tzinfo=UTC))
LATEST: Final = to_microseconds(datetime.max.replace(tzinfo=UTC))

# Up to these magnitudes a number counts seconds (until the year 5138), milliseconds,
# microseconds and nanoseconds.
_SECONDS, _MILLISECONDS, _MICROSECONDS, _NANOSECONDS = 1e11, 1e14, 1e17, 1e20

_NUMBER: Final = re.compile(r"-?\d{9,20}(?:\.\d{1,20})?", re.ASCII)
_JAVA: Final = re.compile(
    r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2}), (\d{4}),? (\d{1,2}):(\d{2}):(\d{2}) ([AaPp])[Mm]",
    re.ASCII,
)
_MONTH_NAMES: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
_SPACES: Final = str.maketrans("\u202f\u00a0", "  ")


def microseconds(value: object) -> int | None:
    """Microseconds since the epoch in UTC of a time as sent; None when it is none.

    ISO 8601 with any offset (none means UTC) and any number of fraction digits (cut to six),
    numbers of seconds, milliseconds, microseconds or nanoseconds since the epoch, also as text,
    and Java's `Nov 18, 2021, 2:45:07 PM`. Outside the years 1 to 9999 there are no times.
    """
    if type(value) is str:
        return _iso(value) if value[4:5] == "-" else _in_another_form(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_epoch(value)
    return None


def within(moment: int) -> int | None:
    """The moment itself when it lies in the years 1 to 9999, else None."""
    return moment if EARLIEST <= moment <= LATEST else None


def _iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        tidy = text.strip().upper()
        return _iso(tidy) if tidy != text else None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - EPOCH  # written out, for speed: see kit.clock.to_microseconds
    found = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return found if EARLIEST <= found <= LATEST else None


def _in_another_form(text: str) -> int | None:
    tidy = text.translate(_SPACES).strip()
    if _NUMBER.fullmatch(tidy):
        return _since_epoch(float(tidy) if "." in tidy else int(tidy))
    if (found := _JAVA.fullmatch(tidy)) is not None:
        return _java(*found.groups())
    is_iso = tidy[4:5] == "-" or tidy[8:9].upper() in ("", "T")
    return _iso(tidy) if is_iso and len(tidy) >= 8 else None


def _since_epoch(number: float) -> int | None:
    size = abs(number)
    if size < _SECONDS:
        return within(round(number * 1_000_000))
    if size < _MILLISECONDS:
        return within(round(number * 1000))
    if size < _MICROSECONDS:
        return within(round(number))
    return within(round(number / 1000)) if size < _NANOSECONDS else None


def _java(*parts: str) -> int | None:
    month, day, year, hour, minute, second, half = parts
    if month not in _MONTHS or not 1 <= int(hour) <= 12:
        return None
    in_day = int(hour) % 12 + (12 if half in "Pp" else 0)
    try:
        moment = datetime(
            int(year), _MONTHS[month], int(day), in_day, int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return to_microseconds(moment)
