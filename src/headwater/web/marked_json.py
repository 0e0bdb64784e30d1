"""JSON with the field that something is about marked, and the place where a missing one is."""

from typing import Final

import msgspec
from markupsafe import Markup, escape

from headwater.web.json_markup import json_markup

_MARK: Final = "__headwater_mark__"


def marked(raw: str, field: str | None) -> Markup:
    """The JSON text, indented and coloured, with a field (a dotted path) marked.

    A field that is not there is shown as missing; what is no JSON is shown as it is.
    """
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return Markup("").join([escape(raw)])
    if not field or not isinstance(value, dict):
        return json_markup(value)
    keys = field.split(".")
    at: object = value
    for key in keys[:-1]:
        at = at.get(key) if isinstance(at, dict) else None
    if not isinstance(at, dict):
        return json_markup(value)
    if keys[-1] not in at:
        missing = Markup('<span class="json-missing">"{}"</span>\n').format(field)
        return missing + json_markup(value)
    at[keys[-1]] = {_MARK: at[keys[-1]]}
    return _unwrapped(json_markup(value))


def _unwrapped(markup: Markup) -> Markup:
    """The markup with the wrapped value put in a mark of its own, without the wrapping object."""
    text = str(markup)
    key = f'<span class="json-key">&#34;{_MARK}&#34;</span>:'
    before, _, after = text.partition(key)
    opened = before.rstrip()
    indent = len(before) - len(before.rstrip(" "))
    close = "\n" + " " * (indent - 2) + "}"
    inside, _, rest = after.partition(close)
    inside = inside.strip().replace("\n  ", "\n")
    return Markup(f"{opened.removesuffix('{')}<mark>{inside}</mark>{rest}")  # noqa: S704
