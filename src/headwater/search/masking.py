"""Events without the personal data in them: their form stays, their values do not."""

from typing import Any, Final

import msgspec

MASK: Final = "•••"

_SHOWN: Final = frozenset({"type", "event", "messageId", "receivedAt", "timestamp", "sentAt"})
"""Members of an event that name no person."""


def masked(value: Any) -> Any:
    """A JSON value of the same form in which every value is hidden; keys stay."""
    if isinstance(value, dict):
        return {key: masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return None if value is None else False
    if isinstance(value, int | float):
        return 0
    return MASK


def masked_event(event: dict[str, Any]) -> dict[str, Any]:
    """An event in which what it is can be seen, and not whose it is."""
    return {
        name: value if name in _SHOWN and isinstance(value, str) else masked(value)
        for name, value in event.items()
    }


def masked_text(raw: str) -> str:
    """A JSON text of the same form with its values hidden; what is no JSON is hidden whole."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return MASK
    hidden = masked_event(value) if isinstance(value, dict) else masked(value)
    return msgspec.json.encode(hidden).decode()
