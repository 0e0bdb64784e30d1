"""What a text looks like: the formats of JSON Schema that it keeps to. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

LONGEST: Final = 2_000
"""Texts that are longer have no format."""

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|z|[+-]\d{2}:\d{2})")
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[!-~]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        date(*(int(part) for part in found.groups()))
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    return (
        text[10:11] in ("T", "t") and _is_date(text[:10]) and _TIME.fullmatch(text, 11) is not None
    )


def _is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None and not set(text) & set('"<>\\^`{|}')


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    if ":" not in text or "%" in text:
        return False
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date-time": _is_date_time,
    "date": _is_date,
    "email": lambda text: len(text) <= 254 and _EMAIL.fullmatch(text) is not None,
    "uri": _is_uri,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
}
"""Each says whether a text keeps to it; no text keeps to two."""


@lru_cache(maxsize=4_096)
def format_of(text: str) -> str | None:
    """The format that a text keeps to.

    >>> format_of("2023-10-01T12:00:00Z"), format_of("a@b.example"), format_of("plain")
    ('date-time', 'email', None)
    """
    if not 2 <= len(text) <= LONGEST:
        return None
    return next((name for name, holds in FORMATS.items() if holds(text)), None)
