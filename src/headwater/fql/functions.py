"""The functions of FQL. Each takes any values and never fails: what fits nothing becomes null."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from headwater.fql import globs
from headwater.fql.values import same

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPACES = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_LONGEST_NUMBER = 400
_FALSE = frozenset({"", "0", "false"})


class Function(msgspec.Struct, frozen=True):
    """A function by its name: how it is written, and what it does."""

    usage: str
    arity: int
    run: Callable[..., Any]
    is_condition: bool = False


def contains(whole: Any, part: Any) -> bool:
    """Whether a text has a part, or a list a member."""
    if type(whole) is str:
        return type(part) is str and part in whole
    return type(whole) is list and any(same(member, part) for member in whole)


def match(text: Any, glob: Any) -> bool:
    """Whether a glob, which may come with the event, matches all of a text."""
    return type(text) is str and type(glob) is str and globs.cached(glob)(text)


def length(value: Any) -> int | None:
    """The bytes of a text, the members of a list; 0 of null."""
    if value is None:
        return 0
    if type(value) is str:
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    return len(value) if type(value) is list else None


def lowercase(value: Any) -> str | None:
    return value.lower() if type(value) is str else None


def uppercase(value: Any) -> str | None:
    return value.upper() if type(value) is str else None


def snakecase(value: Any) -> str | None:
    return "_".join(_words(value)).lower() if type(value) is str else None


def kebabcase(value: Any) -> str | None:
    return "-".join(_words(value)).lower() if type(value) is str else None


def titlecase(value: Any) -> str | None:
    if type(value) is not str:
        return None
    return " ".join(word[:1].upper() + word[1:].lower() for word in _words(value))


def typeof(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "object" if isinstance(value, Mapping) else "list"


def to_bool(value: Any) -> bool:
    """False of null, 0, an empty text or list, and the texts that say so."""
    if type(value) is str:
        return value.strip().lower() not in _FALSE
    return bool(value)


def to_string(value: Any) -> str:
    """Text as it is, nothing of null, numbers and the rest as JSON writes them."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is float and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (ValueError, TypeError, RecursionError):
        return ""


def to_number(value: Any) -> int | float | None:
    """The number that a text spells; null of anything else."""
    if type(value) is int or type(value) is float:
        return value
    if type(value) is not str or len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
        return None
    number = float(value)
    if number.is_integer() and value.strip().lstrip("+-").isdecimal():
        return int(value)
    return number if math.isfinite(number) else None


def _words(text: str) -> list[str]:
    """The words of `order completed`, `order_completed`, `orderCompleted` and `Order-Completed`."""
    return [word for word in _SPACES.split(_HUMP.sub(" ", text)) if word]


FUNCTIONS: Final = {
    "contains": Function("contains(text, part)", 2, contains, is_condition=True),
    "match": Function("match(text, glob)", 2, match, is_condition=True),
    "length": Function("length(text or list)", 1, length),
    "lowercase": Function("lowercase(text)", 1, lowercase),
    "uppercase": Function("uppercase(text)", 1, uppercase),
    "snakecase": Function("snakecase(text)", 1, snakecase),
    "kebabcase": Function("kebabcase(text)", 1, kebabcase),
    "titlecase": Function("titlecase(text)", 1, titlecase),
    "typeof": Function("typeof(value)", 1, typeof),
    "bool": Function("bool(value)", 1, to_bool, is_condition=True),
    "string": Function("string(value)", 1, to_string),
    "number": Function("number(value)", 1, to_number),
}
