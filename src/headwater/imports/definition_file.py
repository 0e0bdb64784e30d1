"""Files that say what is read elsewhere, and what becomes of it: pulls and streams."""

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from headwater.errors import HeadwaterError
from headwater.imports.model import EventRule

_T = TypeVar("_T")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read(path: Path, kind: type[_T], error: type[HeadwaterError], page: str) -> _T:
    """What a TOML file says. Raises `error`, which names the member that is wrong and the page
    that lists the members."""
    try:
        raw: Any = tomllib.loads(path.read_text("utf-8-sig"))
        return msgspec.convert(raw, kind)
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path} cannot be read: {problem}.") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise error(
            f"{path.name} cannot be used: {problem}.", hint=f"{page} lists its members."
        ) from None


def require_apart(events: Sequence[EventRule], error: type[HeadwaterError]) -> None:
    """Raise `error` for rules that need what came before: here each thing makes its own events."""
    for number, rule in enumerate(events):
        if rule.group or rule.once:
            raise error(
                f"`events[{number}]` has `group` or `once`, which only a file's mapping can have.",
                hint="Here each row or message makes its own events.",
            )


def resolved(text: str, member: str, error: type[HeadwaterError]) -> str:
    """A text with the environment's variables, written `${NAME}`, in it.

    Raises `error`, naming one that is missing and the member that names it.
    """

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in os.environ:
            raise error(f"`{member}` names ${{{name}}}, which the environment does not have.")
        return os.environ[name]

    return _VARIABLE.sub(value, text)
