"""Finds members of JSON values by their paths. Pure."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from headwater.imports.conditions import columns_of, row_test
from headwater.imports.model import Condition

_PART: Final = re.compile(r"[^.\[\]]+|\[[^\]]*\]")


def at(value: Any, path: str) -> Any:
    """What lies at a path: `data.object.id`, `values.0`, `items[name=views].value`; None where
    there is nothing. A member whose name is the whole path comes first."""
    if not path:
        return value
    if isinstance(value, dict) and path in value:
        return value[path]
    for part in _parts(path):
        value = _step(value, part)
        if value is None:
            return None
    return value


@lru_cache(maxsize=2048)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(_PART.findall(path))


def _step(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if not isinstance(value, list):
        return None
    if part.startswith("["):
        name, _, wanted = part[1:-1].partition("=")
        return next(
            (one for one in value if isinstance(one, dict) and str(one.get(name)) == wanted), None
        )
    return value[int(part)] if part.isdecimal() and int(part) < len(value) else None


def selected(
    record: Mapping[str, Any], members: Mapping[str, str] | tuple[str, ...]
) -> dict[str, Any]:
    """The members that count, by their names; all where none is named."""
    if not members:
        return dict(record)
    paths = members if isinstance(members, Mapping) else {path: path for path in members}
    return {name: at(record, path) for name, path in paths.items()}


def condition_of(conditions: Condition | list[Condition]) -> Callable[[Any], bool]:
    """The test of a value by conditions on its members, in the words of imports; none: false."""
    names = list(dict.fromkeys(columns_of(conditions)))
    test = row_test(conditions, names.index) if names else None
    if test is None:
        return lambda _value: False
    held = test
    return lambda value: held([at(value, name) for name in names])
