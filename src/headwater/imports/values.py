"""Texts of a file become typed values. Pure: no clock, no locale, no guessing."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from headwater.errors import MappingError
from headwater.imports.model import ColumnRule

Convert = Callable[[Any], Any]

_INTEGER = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400  # more digits are an attack on the conversion, not a number
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_REMEMBERED_TIMES = 65_536
_UTC = frozenset({"UTC", "GMT", "Z", "ZULU"})
_ZONE_NAME = re.compile(r"(.*?\d)\s*\[?([A-Za-z][A-Za-z0-9_+/-]*)\]?")


def converter(rule: ColumnRule) -> Convert:
    """The function that reads a column's present values by its rule; it raises ValueError.

    Raises MappingError when the rule names no zone or time that exists.
    """
    convert = _typed(rule)
    if rule.round is not None:
        convert = _rounded(convert, rule.round)
    if rule.values or rule.otherwise is not None:
        convert = _translated(convert, rule)
    return _stripped(convert) if rule.strip else convert


def _typed(rule: ColumnRule) -> Convert:
    if rule.type == "integer":
        return integer
    if rule.type == "number":
        return _decimal_comma if rule.decimal == "," else number
    if rule.type == "time":
        return _time(rule)
    return {"text": text, "boolean": boolean, "json": _json}[rule.type]


def text(value: Any) -> str:
    """The text of a value as a person would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)


def integer(value: Any) -> int:
    """A whole number; `5.0` is one too. Raises ValueError."""
    if isinstance(value, str):
        stripped = value.strip()
        if not _INTEGER.fullmatch(stripped) or len(stripped) > _LONGEST_NUMBER:
            raise ValueError(f"{shown(value)} is no whole number")
        return int(stripped.partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError(f"{shown(value)} is no whole number")
    return int(value)


def number(value: Any) -> int | float:
    """A number; one written without point and exponent stays whole. Raises ValueError."""
    if isinstance(value, str):
        stripped = value.strip()
        if not _NUMBER.fullmatch(stripped) or len(stripped) > _LONGEST_NUMBER:
            raise ValueError(f"{shown(value)} is no number")
        if stripped.lstrip("+-").isdigit():
            return int(stripped)
        value = float(stripped)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{shown(value)} is no number")
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is out of range")
    return value


def _decimal_comma(value: Any) -> int | float:
    return number(value.replace(".", "").replace(",", ".") if isinstance(value, str) else value)


def boolean(value: Any) -> bool:
    """True or false, in the usual English spellings and 1 and 0. Raises ValueError."""
    spelling = text(value).strip().lower()
    if spelling in _TRUE:
        return True
    if spelling in _FALSE:
        return False
    raise ValueError(f"{shown(value)} is neither true nor false")


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"{shown(value)} is no JSON: {error}") from None


def _time(rule: ColumnRule) -> Convert:
    try:
        zone = _zone(rule.zone)
        since = datetime.fromisoformat(rule.since).replace(tzinfo=zone)
        named = {name.upper(): _zone(meant) for name, meant in rule.zones.items()}
    except (ValueError, KeyError, OSError) as error:
        raise MappingError(f"A time column names no zone or time that exists: {error}.") from None
    if rule.unit:
        return _elapsed(since, rule.unit)
    pattern, twice = rule.format, rule.twice

    @lru_cache(_REMEMBERED_TIMES)
    def read(written: str) -> str:
        moment, own = _moment(written, pattern, named)
        if moment.tzinfo is None:
            moment = _placed(moment, own or zone, twice)
        return iso(moment)

    return lambda value: read(text(value).strip())


def _zone(name: str) -> tzinfo:
    """Raises ValueError, KeyError or OSError for a zone that there is not."""
    return UTC if name.upper() in _UTC else ZoneInfo(name)


def _moment(
    written: str, pattern: str, named: Mapping[str, tzinfo]
) -> tuple[datetime, tzinfo | None]:
    """The time of a text, and the zone that stands behind it by name. Raises ValueError."""
    with suppress(ValueError):
        return _parsed(written, pattern), None
    found = _ZONE_NAME.fullmatch(written)
    if found is not None:
        with suppress(ValueError):
            moment = _parsed(found.group(1), pattern)
            return moment, _named(found.group(2), named)
    expected = f"a time in the form {pattern}" if pattern else "an ISO 8601 time"
    said = ""
    if found is not None and found.group(2).upper() not in named:
        with suppress(ValueError):
            _parsed(found.group(1), pattern)
            said = f": what the zone {found.group(2)} means has to be said by `zones`"
    raise ValueError(f"{shown(written)} is not {expected}{said}")


def _parsed(written: str, pattern: str) -> datetime:
    if pattern:
        return datetime.strptime(written, pattern)  # noqa: DTZ007
    return datetime.fromisoformat(written)


def _named(name: str, named: Mapping[str, tzinfo]) -> tzinfo:
    """The zone of a name: what the rule says, UTC, or a name with its region, as Europe/Paris."""
    if (known := named.get(name.upper())) is not None:
        return known
    if name.upper() in _UTC:
        return UTC
    if "/" not in name:
        raise ValueError(name)
    try:
        return ZoneInfo(name)
    except (KeyError, OSError):
        raise ValueError(name) from None


def _placed(moment: datetime, zone: tzinfo, twice: str) -> datetime:
    """A local time in its zone. Raises ValueError where it is not to be guessed."""
    if twice == "second":
        return moment.replace(tzinfo=zone, fold=1)
    placed = moment.replace(tzinfo=zone)
    if twice == "reject" and placed.utcoffset() != placed.replace(fold=1).utcoffset():
        back = placed.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        how = "twice" if back == moment else "never"
        raise ValueError(f"{zone} had the time {moment} {how}: its clocks were changed")
    return placed


def _elapsed(since: datetime, unit: str) -> Convert:
    step = timedelta(**{unit: 1}) / timedelta(microseconds=1)

    def read(value: Any) -> str:
        try:
            moved = since.astimezone(UTC) + timedelta(microseconds=round(number(value) * step))
        except OverflowError:
            raise ValueError(f"{shown(value)} {unit} reach beyond the calendar") from None
        return iso(moved)

    return read


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, or microseconds where they matter."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time reaches beyond the calendar") from None
    precision = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _rounded(convert: Convert, digits: int) -> Convert:
    def read(value: Any) -> Any:
        converted = convert(value)
        return round(converted, digits) if isinstance(converted, float) else converted

    return read


def _translated(convert: Convert, rule: ColumnRule) -> Convert:
    """Translate by the rule's table, then read what the translation gave."""
    table = {name: convert(value) for name, value in rule.values.items()}
    otherwise = None if rule.otherwise is None else convert(rule.otherwise)

    def read(value: Any) -> Any:
        found = table.get(text(value), otherwise)
        if found is None:
            raise ValueError(f"{shown(value)} is not among the mapping's values")
        return found

    return read


def _stripped(convert: Convert) -> Convert:
    return lambda value: convert(value.strip() if isinstance(value, str) else value)


def shown(value: Any) -> str:
    """A value as a reason quotes it: short."""
    written = text(value)
    return repr(written if len(written) <= 60 else written[:57] + "...")
