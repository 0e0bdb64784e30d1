"""What changed between two values of JSON, field by field."""

from collections.abc import Iterator
from typing import Any

import msgspec

from headwater.kit.clock import isoformat


class Changed(msgspec.Struct, frozen=True):
    """A field's path, and its value before and after as JSON; empty where there was none."""

    path: str
    before: str
    after: str


def difference(before: str | None, after: str | None) -> list[Changed]:
    """The fields that differ between two JSON texts."""
    old, new = _fields(before), _fields(after)
    return [
        Changed(path, old.get(path, ""), new.get(path, ""))
        for path in dict.fromkeys([*old, *new])
        if old.get(path) != new.get(path)
    ]


def _fields(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    return dict(_flat("", msgspec.json.decode(text)))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _flat(f"{path}.{name}" if path else name, each)
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from _flat(f"{path}[{index}]", each)
    elif value is None and path:
        return
    elif isinstance(value, int) and path.endswith("_at"):
        yield path, isoformat(value)
    else:
        yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()
