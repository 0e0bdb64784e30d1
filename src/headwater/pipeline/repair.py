"""JSON that is nearly text: made decodable without losing more than what cannot be text."""

import re
from typing import Final

_ESCAPES: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\.",
    re.DOTALL,
)


def repaired(json: bytes) -> bytes:
    r"""The same JSON as UTF-8 without a byte order mark; halves of surrogate pairs and bytes that
    are not UTF-8 become U+FFFD.

    >>> repaired(rb'"\ud83d\ude00 \ud83d"')
    b'"\\ud83d\\ude00 \\ufffd"'
    """
    text = json.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\\u" in text:
        text = _ESCAPES.sub(lambda found: r"\ufffd" if found["half"] else found[0], text)
    return text.encode()
