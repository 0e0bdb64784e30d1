"""Secrets by reference: files say where a secret is, never what it is.

`${env:NAME}` is an environment variable's value, `${file:PATH}` the content of a file, without the
line's end. A reference is the whole of a text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from headwater.errors import BadRequestError
from headwater.naming import snake_case
from headwater.workspaces.masks import BULLET, shown

_REFERENCE: Final = re.compile(r"\$\{(env|file):([^{}\n]{1,500})\}")
_LARGEST: Final = 64_000
UNTOLD: Final = BULLET
"""Stands in a server's document for a secret of which the server tells nothing, no mask either."""


def is_reference(value: object) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def resolved(value: Any, environment: Mapping[str, str], folder: Path) -> Any:
    """The value with what its references stand for. Raises BadRequestError for one that has none.

    A file's path is relative to `folder`.
    """

    def look_up(reference: str) -> str:
        kind, name = _parts(reference)
        if kind == "env":
            if name not in environment:
                raise BadRequestError(
                    f"{reference}: the variable {name} is not set.", hint=f"Set {name}."
                )
            return environment[name]
        path = folder / name
        try:
            with path.open(encoding="utf-8") as file:
                return file.read(_LARGEST).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadRequestError(f"{reference}: {path} cannot be read: {error}.") from None

    return _mapped(value, look_up)


def written(value: Any, owner: str) -> Any:
    """A document of a server as a file says it: each mask as a reference to a variable that is
    named after the owner and the member.

    >>> written({"settings": {"apiKey": "••••••••cdef"}}, "my_shop")
    {'settings': {'apiKey': '${env:MY_SHOP_API_KEY}'}}
    """
    if isinstance(value, dict):
        return {
            name: f"${{env:{snake_case(f'{owner} {name}').upper()}}}"
            if isinstance(inner, str) and BULLET in inner
            else written(inner, owner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [written(each, owner) for each in value]
    return value


def comparable(
    local: Any, remote: Any, resolve: Callable[[str], str | None], name: str = ""
) -> Any:
    """The local value as it can be compared with a server's, which masks its secrets.

    A reference where the server has a mask becomes the mask of its secret; that of a secret that
    cannot be looked up here, or of which the server tells nothing, counts as the server's.
    """
    if isinstance(local, dict) and isinstance(remote, dict):
        return {
            key: comparable(inner, remote.get(key), resolve, key) for key, inner in local.items()
        }
    if not is_reference(local):
        return local
    secret = resolve(local)
    if isinstance(remote, str) and BULLET in remote:
        return remote if secret is None or remote == UNTOLD else shown({name: secret}, {name})[name]
    return local if secret is None else secret


def references_in(value: Any) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)
    elif is_reference(value):
        yield value


def _parts(reference: str) -> tuple[str, str]:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise BadRequestError(f"{reference!r} is no reference.")
    return found[1], found[2]


def _mapped(value: Any, look_up: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _mapped(inner, look_up) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, look_up) for inner in value]
    return look_up(value) if is_reference(value) else value
