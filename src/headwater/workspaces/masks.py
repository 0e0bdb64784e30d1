"""Settings as they are shown, without their secrets, and as they become when some are sent. Pure.

A secret is shown with bullets (`••••••••cdef`), by which clients know that it is no value. Sent
back, it means: as it was.
"""

import re
from collections.abc import Container, Mapping
from typing import Any, Final

import msgspec

from headwater.errors import InvalidError

BULLET: Final = "•"
LARGEST: Final = 64_000
_DEEPEST: Final = 20
_SECRET: Final = re.compile(
    r"secret|password|passphrase|token|credential|private_?key|api_?key|access_?key", re.IGNORECASE
)


def shown(settings: Mapping[str, Any], secrets: Container[str] = ()) -> dict[str, Any]:
    """The settings with a mask in place of each secret: what `secrets` names, or what is named
    like one.

    >>> shown({"region": "eu", "apiKey": "0123456789abcdef"})
    {'region': 'eu', 'apiKey': '••••••••cdef'}
    """
    return {
        name: _masked(value) if _is_secret(name, secrets) else _shown_inside(value, secrets)
        for name, value in settings.items()
    }


def merged(
    before: Mapping[str, Any], given: Mapping[str, Any], secrets: Container[str] = ()
) -> dict[str, Any]:
    """The settings after a change: what is not given stays, what is given as null goes.

    Raises InvalidError for what is too large or too deep, and for a mask of what is not there.
    """
    after = {
        **before,
        **{
            name: _unmasked(name, before.get(name), value, secrets) for name, value in given.items()
        },
    }
    after = {name: value for name, value in after.items() if value is not None}
    if _depth(after) > _DEEPEST:
        raise InvalidError(f"settings: are nested deeper than {_DEEPEST} levels.", field="settings")
    if len(msgspec.json.encode(after)) > LARGEST:
        raise InvalidError(f"settings: are larger than {LARGEST:,} bytes.", field="settings")
    return after


def _is_secret(name: str, secrets: Container[str]) -> bool:
    return name in secrets or _SECRET.search(name) is not None


def _shown_inside(value: Any, secrets: Container[str]) -> Any:
    if isinstance(value, dict):
        return shown(value, secrets)
    if isinstance(value, list):
        return [_shown_inside(each, secrets) for each in value]
    return value


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return value
    tail = value[-4:] if isinstance(value, str) and len(value) >= 16 else ""
    return BULLET * 8 + tail


def _unmasked(name: str, before: Any, value: Any, secrets: Container[str]) -> Any:
    """The value that is meant: where a mask is sent back, what it masks."""
    if isinstance(value, dict) and not _is_secret(name, secrets):
        known = before if isinstance(before, dict) else {}
        return {key: _unmasked(key, known.get(key), inner, secrets) for key, inner in value.items()}
    if _is_secret(name, secrets) and isinstance(value, str) and BULLET in value:
        if before is None or value != _masked(before):
            raise InvalidError(
                f"settings.{name}: is a mask, not a value.",
                field=f"settings.{name}",
                hint="Leave it out to keep the secret, or send the secret itself.",
            )
        return before
    return value


def _depth(value: Any) -> int:
    """How deep objects and lists stand in one another, counted no further than matters."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1
    return depth
