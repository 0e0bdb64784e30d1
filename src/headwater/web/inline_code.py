"""Texts in which `code` stands between backticks, as HTML."""

import re
from typing import Final

from markupsafe import Markup, escape

_PARTS: Final = re.compile(r"`([^`]+)`|\[([^\]]+)\]\([^)]*\)")


def inline_code(text: str) -> Markup:
    """The text with its code as such; links to other pages of the documentation are words."""
    made, end = [], 0
    for part in _PARTS.finditer(text):
        made.append(escape(text[end : part.start()]))
        code, words = part.groups()
        made.append(Markup("<code>{}</code>").format(code) if code else escape(words))
        end = part.end()
    return Markup("").join([*made, escape(text[end:])])
