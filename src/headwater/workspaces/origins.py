"""The web pages that may send with a source's keys: origins, as browsers name them. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from headwater.errors import InvalidError

MOST: Final = 100
"""How many origins a source can list."""

_ORIGIN: Final = re.compile(
    r"(?P<scheme>https?|[a-z][a-z0-9+.-]*-extension)://"
    r"(?P<host>(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?/?"
)
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_LONGEST: Final = 300


def allows(allowed: Sequence[str], origin: str) -> bool:
    """Whether pages of this origin may send; an empty list names no limit.

    >>> allows(("https://*.shop.example",), "https://www.shop.example")
    True
    >>> allows(("https://*.shop.example",), "https://shop.example")
    False
    """
    if not allowed or origin in allowed:
        return True
    return any(_matches(each, origin) for each in allowed if "*" in each)


def _matches(pattern: str, origin: str) -> bool:
    start, _, end = pattern.partition("*")
    between = origin[len(start) : len(origin) - len(end)]
    return (
        len(origin) > len(pattern) - 1
        and origin.startswith(start)
        and origin.endswith(end)
        and all(part and part.isprintable() for part in between.split("."))
        and not set(between) & set("/:@")
    )


def checked(origins: Iterable[str]) -> tuple[str, ...]:
    """Origins as browsers write them, without repetition. Raises InvalidError.

    >>> checked(["HTTPS://Shop.Example:443/", "http://localhost:3000"])
    ('https://shop.example', 'http://localhost:3000')
    """
    found = tuple(dict.fromkeys(_normal(each) for each in origins))
    if len(found) > MOST:
        raise InvalidError(
            f"allowedOrigins: a source lists at most {MOST} origins, not {len(found)}.",
            hint="Write https://*.example.com for all subdomains.",
        )
    return found


def _normal(text: str) -> str:
    written = _in_ascii(text.strip().lower())
    match = _ORIGIN.fullmatch(written) if len(written) <= _LONGEST else None
    if match is None or ".." in match["host"]:
        raise InvalidError(
            f"allowedOrigins: {text.strip()[:100]!r} is not an origin.",
            hint="Write scheme and host, as https://shop.example, https://*.shop.example "
            "or http://localhost:3000: no path, and no star elsewhere.",
        )
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if port is None or port == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{int(port)}"


def _in_ascii(text: str) -> str:
    """The host of an international name as browsers write it in an origin (punycode)."""
    if text.isascii():
        return text
    scheme, separator, rest = text.partition("://")
    host, colon, port = rest.rstrip("/").partition(":")
    try:
        return scheme + separator + host.encode("idna").decode() + colon + port
    except UnicodeError:
        return text
