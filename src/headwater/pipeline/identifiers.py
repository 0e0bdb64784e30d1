"""Ids as SDKs send them: text, or numbers that stand for text."""

import msgspec


def number_text(value: object) -> str | None:
    """The text of a number that serves as an id (5.0 is "5"); None when it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return msgspec.json.encode(value).decode()
