"""Paths into an event's shape, as they are shown: `properties.products[].price`."""

import re
from typing import Final

_PLAIN: Final = re.compile(r'[^."\[\]]+')


def below(path: str, key: str) -> str:
    r"""The path of a member.

    >>> below("properties.products[]", "unit.price")
    'properties.products[]."unit.price"'
    """
    written = key if _PLAIN.fullmatch(key) else '"' + re.sub(r'(["\\])', r"\\\1", key) + '"'
    return f"{path}.{written}" if path else written


def items(path: str) -> str:
    """The path of an array's items."""
    return f"{path}[]"
