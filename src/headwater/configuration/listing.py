"""Whole lists of the API, page after page."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from headwater.configuration.model import Api


def every(api: Api, path: str, name: str) -> Iterator[Any]:
    """All values of a list, by the list's name in the answer."""
    cursor = ""
    while True:
        asked = f"{path}?pagination.count=1000"
        answer = api("GET", f"{asked}&pagination.cursor={quote(cursor)}" if cursor else asked)
        yield from answer[name]
        cursor = answer.get("pagination", {}).get("next", "")
        if not cursor:
            return
