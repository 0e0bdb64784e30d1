"""Fills `{cursor}` and `{parent.…}` in what a definition says of requests. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

_NAME: Final = re.compile(r"\{(cursor|parent\.[^{}]+)\}")


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A value with the names in it filled; None for a text with one that has no value. Members
    and elements that are None then are left out."""
    if isinstance(value, str):
        names = _NAME.findall(value)
        if any(name not in values for name in names):
            return None
        return _NAME.sub(lambda found: str(values[found[1]]), value) if names else value
    if isinstance(value, Mapping):
        made = {name: filled(each, values) for name, each in value.items()}
        return {name: each for name, each in made.items() if each is not None}
    if isinstance(value, list | tuple):
        return [each for one in value if (each := filled(one, values)) is not None]
    return value
