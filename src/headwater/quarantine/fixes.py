"""Mending events: fields set, renamed, removed or cast. Pure."""

import copy
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from headwater.errors import BadRequestError
from headwater.quarantine.model import Cast, Fix, Operation
from headwater.search.paths import keys_of

_MISSING: Final = object()
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def check(fixes: Iterable[Fix]) -> None:
    """Raise BadRequestError for a fix that cannot be carried out on any event."""
    for fix in fixes:
        keys_of(fix.path)
        if fix.op is Operation.RENAME:
            keys_of(fix.to)


def fixed(event: dict[str, Any], fixes: Sequence[Fix]) -> dict[str, Any]:
    """The event with all fixes made, in their order; the given one stays as it is.

    A fix of a field that the event does not have changes nothing, but `set` makes the field.
    """
    if not fixes:
        return event
    mended = copy.deepcopy(event)
    for fix in fixes:
        _make(mended, fix)
    return mended


def _make(event: dict[str, Any], fix: Fix) -> None:
    keys = keys_of(fix.path)
    if fix.op is Operation.SET:
        _set(event, keys, copy.deepcopy(fix.value))
    elif fix.op is Operation.REMOVE:
        _take(event, keys)
    elif fix.op is Operation.RENAME:
        to = keys_of(fix.to)
        if _look(event, to) is _MISSING and (value := _take(event, keys)) is not _MISSING:
            _set(event, to, value)
    elif (value := _look(event, keys)) is not _MISSING:
        _set(event, keys, cast(value, fix.type))


def cast(value: Any, kind: Cast) -> Any:
    """A value as one of another type; as it is where it cannot be read as one.

    >>> [cast("12.5", Cast.NUMBER), cast(5, Cast.TEXT), cast("yes", Cast.BOOLEAN)]
    [12.5, '5', True]
    """
    if kind is Cast.TEXT:
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if kind is Cast.NUMBER:
        return _number(value)
    if kind is Cast.BOOLEAN:
        return _BOOLEANS.get(str(value).strip().lower(), value)
    return _object(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    try:
        number = msgspec.json.decode(value.strip().replace(",", ""))
    except msgspec.DecodeError:
        return value
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return number if is_number else value


def _object(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        try:
            read = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}
    return {}


def _look(event: dict[str, Any], keys: Sequence[str]) -> Any:
    at: Any = event
    for key in keys:
        if not isinstance(at, dict) or key not in at:
            return _MISSING
        at = at[key]
    return at


def _take(event: dict[str, Any], keys: Sequence[str]) -> Any:
    parent = _look(event, keys[:-1]) if len(keys) > 1 else event
    return parent.pop(keys[-1], _MISSING) if isinstance(parent, dict) else _MISSING


def _set(event: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Put a value at a path; what is no object on the way there becomes one."""
    at = event
    for key in keys[:-1]:
        inner = at.get(key)
        if not isinstance(inner, dict):
            inner = at[key] = {}
        at = inner
    at[keys[-1]] = value


def require_event(text: str) -> dict[str, Any]:
    """The event that an edited JSON text is. Raises BadRequestError."""
    try:
        event = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadRequestError(f"raw: is not JSON: {error}.", code="malformed_json") from None
    if not isinstance(event, dict) or "batch" in event:
        raise BadRequestError(
            "raw: must be one event, a JSON object.",
            hint="Send the events of a batch through the tracking API again, one batch at a time.",
        )
    return event
