"""Values of databases and typed files as JSON's: what JSON does not have becomes what it has."""

import base64
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def simple(value: Any) -> Any:
    """A value, with all that is in it: times as ISO 8601 (`Z` for UTC, no zone where there is
    none), decimal numbers as numbers, bytes as text where they are UTF-8 and as base64 otherwise,
    numbers that are none as null, all others as their text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return {str(name): simple(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [simple(each) for each in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | bytearray | memoryview):
        return _text(bytes(value))
    return str(value)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
