"""Values: what kind of column a JSON value asks for, and how it stands in a column of each type.

Text is never taken for a number or a boolean; only strict ISO 8601 text of a day that exists is a
time. A whole number is an integer however it is written (`5.0`), while it has room in 64 bits.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from headwater.loading.model import ColumnType

MISFIT: Final = object()
"""What `fit` answers for a value that has no place in a column."""

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?"
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST = (date.min.toordinal() - _EPOCH_DAY) * 86_400_000_000
_LAST = (date.max.toordinal() - _EPOCH_DAY + 1) * 86_400_000_000 - 1

_encode = msgspec.json.Encoder().encode


def parse_time(text: str) -> int | None:
    """Microseconds since the epoch in UTC of ISO 8601 text; None where it is none.

    `YYYY-MM-DD`, then optionally `T` or a space and `HH:MM[:SS[.fraction]]`, then optionally `Z`,
    `±HH`, `±HHMM` or `±HH:MM`; without a zone it is UTC. Finer than a microsecond is cut off.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, off_hour, off_minute = match.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    shift, shift_minutes = int(off_hour or 0), int(off_minute or 0)
    if max(hours, shift) > 23 or max(minutes, seconds, shift_minutes) > 59:
        return None
    offset = shift * 60 + shift_minutes
    minutes += hours * 60 + (offset if sign == "-" else -offset)
    micros = (days * 86_400 + minutes * 60 + seconds) * 1_000_000
    micros += int(fraction[:6].ljust(6, "0")) if fraction else 0
    return micros if _FIRST <= micros <= _LAST else None


def kind_of(value: Any) -> ColumnType:
    """The type of column that a value asks for: it is not null and no object."""
    kind = type(value)
    if kind is str:
        return ColumnType.TEXT if parse_time(value) is None else ColumnType.TIME
    if kind is bool:
        return ColumnType.BOOLEAN
    if kind is int:
        if _SMALLEST <= value <= _LARGEST:
            return ColumnType.INTEGER
        return ColumnType.TEXT if _as_float(value) is MISFIT else ColumnType.FLOAT
    if kind is float:
        return ColumnType.INTEGER if _whole(value) else ColumnType.FLOAT
    return ColumnType.TEXT


def json_text(value: Any) -> str:
    """The value as JSON: without spaces, without ASCII escapes."""
    return _encode(value).decode()


def fit(value: Any, kind: ColumnType) -> Any:
    """What stands in a column of this type for a value (not null, no object), or MISFIT.

    Times are microseconds. A fraction is a MISFIT in INTEGER: widen the column first.
    """
    return _FITS[kind](value)


def expected(value: Any, kind: ColumnType) -> bool:
    """Whether a value is of the one JSON kind that a column of this type takes as it stands."""
    return type(value) in _EXPECTED[kind] and (
        kind is not ColumnType.TIME or parse_time(value) is not None
    )


_EXPECTED: Mapping[ColumnType, tuple[type, ...]] = {
    ColumnType.TEXT: (str,),
    ColumnType.INTEGER: (int,),
    ColumnType.FLOAT: (float, int),
    ColumnType.BOOLEAN: (bool,),
    ColumnType.TIME: (str,),
}


def _whole(value: float) -> bool:
    return value.is_integer() and -(2.0**63) <= value < 2.0**63


def _as_text(value: Any) -> str:
    if type(value) is str:
        return value
    return json_text(int(value) if type(value) is float and _whole(value) else value)


def _as_integer(value: Any) -> Any:
    if type(value) is int:
        return value if _SMALLEST <= value <= _LARGEST else MISFIT
    return int(value) if type(value) is float and _whole(value) else MISFIT


def _as_float(value: Any) -> Any:
    if type(value) is float:
        return value
    if type(value) is not int:
        return MISFIT
    try:
        return float(value)
    except OverflowError:
        return MISFIT


def _as_boolean(value: Any) -> Any:
    return value if type(value) is bool else MISFIT


def _as_time(value: Any) -> Any:
    moment = parse_time(value) if type(value) is str else None
    return MISFIT if moment is None else moment


_FITS: Mapping[ColumnType, Callable[[Any], Any]] = {
    ColumnType.TEXT: _as_text,
    ColumnType.INTEGER: _as_integer,
    ColumnType.FLOAT: _as_float,
    ColumnType.BOOLEAN: _as_boolean,
    ColumnType.TIME: _as_time,
}
