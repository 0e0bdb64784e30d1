"""Kinds that change values: set, change_case, cast, mask, hash."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, Change
from headwater.transformations.hashing import hasher
from headwater.transformations.kinds.kind import Kind
from headwater.transformations.model import Paths, Secrets
from headwater.transformations.places import Act, on_places, place, put_at

_WORDS: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST_NUMBER: Final = 64
_LARGEST: Final = 2**63


class Set(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    value: Any
    create: bool = False


class Case(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    to: Literal["lower", "upper", "title", "snake", "kebab", "camel"]


class Cast(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    to: Literal["string", "number", "integer", "boolean"]
    otherwise: Literal["keep", "null", "remove"] = "keep"


class Mask(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    first: Annotated[int, Meta(ge=0, le=100)] = 0
    last: Annotated[int, Meta(ge=0, le=100)] = 0
    sign: Annotated[str, Meta(min_length=1, max_length=1)] = "*"


class Hash(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    algorithm: Literal["MD5", "SHA1", "SHA256", "SHA384", "SHA512"] = "SHA256"
    encoding: Literal["HEX", "BASE16", "BASE64", "BASE64URL"] = "HEX"


def _set(settings: Set, _: Secrets) -> Act:
    value = settings.value
    if not settings.create:
        return on_places(settings.paths, lambda _: value)
    places = [place(name) for name in settings.paths]

    def act(event: Event) -> bool:
        is_changed = False
        for at in places:
            is_changed = put_at(at, event, value) or is_changed
        return is_changed

    return act


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(_HUMP.sub(" ", text))]


def _camel(text: str) -> str:
    first, *rest = _words(text) or [""]
    return first + "".join(word.capitalize() for word in rest)


_CASES: Final[Mapping[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "snake": lambda text: "_".join(_words(text)),
    "kebab": lambda text: "-".join(_words(text)),
    "camel": _camel,
}


def _case(settings: Case, _: Secrets) -> Act:
    change = _CASES[settings.to]
    return on_places(settings.paths, lambda value: change(value) if type(value) is str else value)


def _string(value: Any) -> str:
    return value if type(value) is str else msgspec.json.encode(value).decode()


def _number(value: Any) -> int | float | None:
    if type(value) is bool:
        return int(value)
    if type(value) is str and len(value) <= _LONGEST_NUMBER and "_" not in value:
        try:
            value = float(value) if re.search(r"[.eE]", value) else int(value)
        except ValueError:
            return None
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) >= _LARGEST:
        return None
    number: int | float = value
    return number


def _integer(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _boolean(value: Any) -> bool | None:
    if type(value) is str:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            value.strip().lower()
        )
    return bool(value) if value in (0, 1) else None


_CASTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}


def _cast(settings: Cast, _: Secrets) -> Act:
    cast, otherwise = _CASTS[settings.to], settings.otherwise

    def change(value: Any) -> Any:
        if value is None:
            return None
        after = cast(value)
        if after is not None:
            return after
        return {"keep": value, "null": None, "remove": GONE}[otherwise]

    return on_places(settings.paths, change)


def _mask(settings: Mask, _: Secrets) -> Act:
    first, last, sign = settings.first, settings.last, settings.sign

    def change(value: Any) -> Any:
        if value is None:
            return None
        text = _string(value)
        hidden = len(text) - first - last
        if hidden <= 0:  # too short to show any of it
            return sign * len(text)
        return text[:first] + sign * hidden + text[first + hidden :]

    return on_places(settings.paths, change)


def _hash(settings: Hash, secrets: Secrets) -> Act:
    change: Change = hasher(settings.algorithm, secrets.salt, settings.encoding)
    return on_places(settings.paths, change)


KINDS: Final = (
    Kind(
        "set",
        "Put a value in the place of those that are there; `create` also makes one.",
        Set,
        _set,
        {"paths": ["properties.country"], "value": "CN", "create": True},
    ),
    Kind(
        "change_case",
        "Change the case of texts: lower, upper, title, snake, kebab, camel.",
        Case,
        _case,
        {"paths": ["event"], "to": "lower"},
    ),
    Kind(
        "cast",
        "Make texts, numbers, integers or booleans of values; `otherwise` says what "
        "becomes of one that cannot be read: keep, null, remove.",
        Cast,
        _cast,
        {"paths": ["properties.price"], "to": "number"},
    ),
    Kind(
        "mask",
        "Show only the first and the last characters.",
        Mask,
        _mask,
        {"paths": ["traits.phone"], "last": 4},
    ),
    Kind(
        "hash",
        "Put the hash in the place of a value, salted with this transformation's own "
        "salt, which is made with it and kept sealed.",
        Hash,
        _hash,
        {"paths": ["traits.email"]},
    ),
)
