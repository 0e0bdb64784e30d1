"""Texts and comments as languages write them: whatever a plan says stays text. Pure."""

import json
from typing import Final

HEAD: Final = (
    "Made by `headwater plan generate` from the tracking plan {name}. Do not edit: make anew."
)

_ESCAPED: Final = {
    ord(character): f"\\u{ord(character):04x}" for character in "\u2028\u2029\ufeff\x7f\x85"
}


def quoted(text: str) -> str:
    """A text in double quotes, for TypeScript and Go."""
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED)


def comment_lines(text: str, width: int = 88) -> list[str]:
    """A description in lines, without what could end a comment or is not to be seen."""
    printable = "".join(c if c.isprintable() else " " for c in text).replace("*/", "* /")
    lines: list[str] = []
    for word in printable.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
