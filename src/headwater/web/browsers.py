"""A browser's name and system, from what it says that it is."""

import re
from typing import Final

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("MicroMessenger/", "WeChat"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_FIRST_WORD: Final = re.compile(r"[\w.-]+")


def browser_name(said: str) -> str:
    """`Chrome, macOS`; for a program, its first word."""
    browser = next((name for sign, name in _BROWSERS if sign in said), "")
    system = next((name for sign, name in _SYSTEMS if sign in said), "")
    if browser:
        return f"{browser}, {system}" if system else browser
    found = _FIRST_WORD.match(said)
    return found[0] if found else "–"
