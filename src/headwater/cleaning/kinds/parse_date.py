"""Make ISO 8601 of dates and times as people write them, so that their columns are times.

Taken are `2023年10月1日` (with `14时5分`, `下午2:05` or `14:05:06` after it), `2023/10/1`,
`2023.10.01`, `20231001`, `1 Oct 2023`, `October 1, 2023`, `10/01/2023` by `order`, and numbers of
seconds or milliseconds since 1970. A date alone stays a date; a time without a zone is one of
`zone`.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths
from headwater.kit.clock import isoformat, to_microseconds
from headwater.pipeline import times

LONGEST: Final = 64
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_CLOCK: Final = re.compile(
    r"(?P<half>上午|下午|凌晨|早上|中午|晚上)?\s*(?P<hour>\d{1,2})\s*[::时點点]"
    r"\s*(?:(?P<minute>\d{1,2})\s*[:分]?\s*(?:(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?)?"
    r"\s*(?P<meridiem>[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*[日号號]?")
_PACKED: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBERS: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_DAY_MONTH: Final = re.compile(
    r"(?:[a-z]{3,9}\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})", re.I
)
_MONTH_DAY: Final = re.compile(
    r"(?:[a-z]{3,9}\.?,?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.I
)


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    order: Annotated[
        Literal["mdy", "dmy"], Meta(description="Which comes first in `10/01/2023`.")
    ] = "mdy"
    zone: Annotated[
        str, Meta(max_length=60, description="The zone of times that name none, by its IANA name.")
    ] = "UTC"
    numbers: Annotated[bool, Meta(description="Whether numbers are times since 1970.")] = True
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path or zone."""
    try:
        zone = ZoneInfo(settings.zone)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"zone: there is no time zone {settings.zone!r}") from None
    order, takes_numbers = settings.order, settings.numbers

    def parse(value: Any) -> Any:
        if type(value) is str:
            return parsed(value, order, zone)
        if takes_numbers and type(value) in (int, float):
            moment = times.microseconds(value)
            return None if moment is None else isoformat(moment)
        return value

    return on_paths(settings.paths, of_values(parse, settings.otherwise))


def parsed(text: str, order: str = "mdy", zone: ZoneInfo | None = None) -> str | None:
    """The ISO 8601 text of a date, or of a time in UTC; None where it is neither.

    >>> parsed("2023年10月1日"), parsed("2023年10月1日 下午2时5分"), parsed("Oct 1, 2023")
    ('2023-10-01', '2023-10-01T14:05:00.000Z', '2023-10-01')
    """
    if len(text) > LONGEST:
        return None
    tidy = unicodedata.normalize("NFKC", text).strip()
    if tidy[:4].isdecimal() and tidy[4:5] == "-" and _is_iso(tidy):
        return text
    day, rest = _day(tidy, order)
    if day is None:
        moment = times.microseconds(tidy) if tidy.isdecimal() or "," in tidy else None
        return None if moment is None else isoformat(moment)
    if not rest:
        return day.isoformat()
    return _with_clock(day, rest, zone or ZoneInfo("UTC"))


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _day(text: str, order: str) -> tuple[date | None, str]:
    """The day that a text begins with, and what comes after it."""
    if (found := _YEAR_FIRST.match(text)) or (len(text) == 8 and (found := _PACKED.match(text))):
        year, month, day = map(int, found.groups())
    elif found := _NUMBERS.match(text):
        one, other, year = map(int, found.groups())
        month, day = (one, other) if order == "mdy" else (other, one)
    elif (found := _DAY_MONTH.match(text)) and found[2][:3].lower() in _MONTHS:
        day, month, year = int(found[1]), _MONTHS[found[2][:3].lower()], int(found[3])
    elif (found := _MONTH_DAY.match(text)) and found[1][:3].lower() in _MONTHS:
        month, day, year = _MONTHS[found[1][:3].lower()], int(found[2]), int(found[3])
    else:
        return None, ""
    rest = text[found.end() :].lstrip(" ,T")
    try:
        return date(year, month, day), rest
    except ValueError:
        return None, ""


def _with_clock(day: date, text: str, zone: ZoneInfo) -> str | None:
    text, offset = _offset(text)
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    if _is_afternoon(found["half"], found["meridiem"]) and hour < 12:
        hour += 12
    elif (found["meridiem"] or "").lower().startswith("a") and hour == 12:
        hour = 0
    try:
        moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=offset or zone)
        return isoformat(to_microseconds(moment.astimezone(UTC)))
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> tuple[str, Any]:
    """What stands before an offset, and the offset; None where there is none."""
    found = re.fullmatch(r"(.*?)\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})", text, re.I)
    if found is None:
        return text, None
    sign = found[2]
    if sign[0] not in "+-":
        return found[1], UTC
    return found[1], datetime.strptime(sign, "%z").tzinfo


def _is_afternoon(half: str | None, meridiem: str | None) -> bool:
    return half in ("下午", "晚上", "中午") or (meridiem or "").lower().startswith("p")


KIND = Kind(
    "parse_date",
    __doc__,
    Settings,
    compiled,
    {"paths": ["properties.delivered"], "zone": "Asia/Shanghai"},
)
