"""Values that grow: compared, kept, and written as an API wants them. Pure."""

from datetime import UTC, datetime
from typing import Any

from headwater.errors import PullError
from headwater.pulls.rest.definition import Cursor
from headwater.pulls.rest.members import at

Value = str | int | float


def of(entry: Any, cursor: Cursor, resource: str) -> Value | None:
    """An entry's value. Raises PullError for one that cannot grow."""
    value = at(entry, cursor.member)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PullError(
            f"{resource}: the cursor {cursor.member!r} has the value {str(value)[:60]!r}: a time, "
            "a number or a text is needed."
        )
    return value


def later(one: Value | None, other: Value | None) -> Value | None:
    """The greater of two values: times as times, numbers as numbers, all others as texts."""
    if one is None or other is None:
        return other if one is None else one
    return other if _order(other) > _order(one) else one


def begin(cursor: Cursor, last: Value | None, now: float) -> str | None:
    """What a run begins at, as the API wants it; None where it begins at the beginning."""
    value: Value | None = last if last is not None else (cursor.start or None)
    if value is not None and last is not None and cursor.overlap_seconds:
        value = _earlier(value, cursor)
    if cursor.oldest_days:
        oldest = now - cursor.oldest_days * 86_400
        if value is None or _seconds(value, cursor) < oldest:
            value = _like(oldest, value)
    return None if value is None else written(value, cursor)


def written(value: Value, cursor: Cursor) -> str:
    """A value as the API wants it."""
    if cursor.format == "as_it_is":
        return str(value)
    seconds = _seconds(value, cursor)
    if cursor.format == "seconds":
        return str(int(seconds))
    if cursor.format == "milliseconds":
        return str(round(seconds * 1000))
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _earlier(value: Value, cursor: Cursor) -> Value:
    return _like(_seconds(value, cursor) - cursor.overlap_seconds, value)


def _like(seconds: float, value: Value | None) -> Value:
    """A time, written as such a value is."""
    if isinstance(value, int | float):
        return round(seconds * 1000) if value > 1e11 else int(seconds)
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(value: Value, cursor: Cursor) -> float:
    if isinstance(value, int | float):
        return value / 1000 if value > 1e11 else float(value)
    try:
        return _moment(value).timestamp()
    except ValueError:
        raise PullError(
            f"The cursor {cursor.member!r} has the value {value[:60]!r}, which is no time.",
            hint="Without `format`, `overlap_seconds` and `oldest_days` it may be any text.",
        ) from None


def _order(value: Value) -> tuple[int, Any]:
    if not isinstance(value, str):
        return 0, value
    try:
        return 1, _moment(value)
    except ValueError:
        return 2, value


def _moment(value: str) -> datetime:
    if len(value) < 10 or value[4:5] != "-":
        raise ValueError(value)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
