"""Paths to a value in an event, as people write them: `properties.price`, `context.page."a.b"`."""

import re
from typing import Final

from headwater.errors import BadRequestError

PROPERTIES: Final = "properties"
CONTEXT: Final = "context"
REST: Final = "rest"
"""The columns that hold an event's objects: `rest` has all members that are no column."""

MOST_KEYS: Final = 20
_KEY: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)')
_COLUMNS: Final = {"properties": PROPERTIES, "traits": PROPERTIES, "context": CONTEXT}


def keys_of(path: str) -> tuple[str, ...]:
    r"""The keys of a path; a key with a point in it stands in double quotes. Raises
    BadRequestError.

    >>> keys_of('context.page."a.b"')
    ('context', 'page', 'a.b')
    """
    keys: list[str] = []
    at = 0
    while True:
        found = _KEY.match(path, at)
        if found is None:
            break
        quoted, plain = found.groups()
        keys.append(plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
        if at == len(path):
            if len(keys) > MOST_KEYS:
                break
            return tuple(keys)
        if path[at] != ".":
            break
        at += 1
    raise BadRequestError(
        f"The path {path[:80]!r} cannot be read.",
        hint='Write it as properties.price or context."a.b".c, of at most 20 keys.',
        code="invalid_path",
    )


def path_of(keys: tuple[str, ...]) -> str:
    """The path with these keys: what `keys_of` reads.

    >>> path_of(("context", "a.b"))
    'context."a.b"'
    """
    return ".".join(_written(key) for key in keys)


def _written(key: str) -> str:
    if key and "." not in key and '"' not in key:
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def place_of(path: str) -> tuple[str, tuple[str, ...]]:
    """The column that holds what a path leads to, and its keys in that column's object.

    Raises BadRequestError.
    """
    keys = keys_of(path)
    column = _COLUMNS.get(keys[0])
    if column is None:
        return REST, keys
    if len(keys) == 1:
        raise BadRequestError(
            f"The path {path!r} names no value.",
            hint=f"Say which: {keys[0]}.price, for example.",
            code="invalid_path",
        )
    return column, keys[1:]
