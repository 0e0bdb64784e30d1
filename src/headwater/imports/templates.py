"""Templates: texts with columns in braces, and objects of them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from headwater.errors import MappingError
from headwater.imports.values import text

Build = Callable[[Sequence[Any]], Any]
Slot = Callable[[str], int]

_PARTS = re.compile(r"(\{\{|\}\}|\{[^{}]+\})")


def columns_of(value: Any) -> Iterable[str]:
    """The columns that a template, or an object of templates, names."""
    if isinstance(value, str):
        for part in _PARTS.findall(value):
            if part not in ("{{", "}}"):
                yield part[1:-1]
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from columns_of(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from columns_of(member)


def build(value: Any, slot: Slot) -> Build:
    """The function from a row's values to what a template makes; None where it is missing.

    A template that is one column alone keeps the column's type; with other text around it, it is
    text, and missing when any of its columns is. Objects leave out their missing members, and are
    missing when none is left.
    """
    if isinstance(value, str):
        return _text(value, slot)
    if isinstance(value, Mapping):
        return _object(value, slot)
    if isinstance(value, list | tuple):
        members = [build(member, slot) for member in value]
        return lambda values: [m for member in members if (m := member(values)) is not None]
    if isinstance(value, datetime | date):
        value = value.isoformat()
    return lambda _values: value


def build_text(value: str | Sequence[str], slot: Slot) -> Build | None:
    """As `build`, and always text; of several templates the first that is not missing."""
    written = [value] if isinstance(value, str) else list(value)
    builds = [build(one, slot) for one in written if one]
    if not builds:
        return None

    if len(builds) == 1:
        only = _PARTS.fullmatch(next(one for one in written if one))
        if only is not None and _is_column(only[0]):
            return _column_as_text(slot(only[0][1:-1]))
        return _as_text(builds[0])

    def first(values: Sequence[Any]) -> str | None:
        for one in builds:
            made = one(values)
            if made is not None and made != "":
                return made if isinstance(made, str) else text(made)
        return None

    return first


def build_key(template: str, slot: Slot) -> Callable[[Sequence[Any]], str]:
    """A text that tells rows apart: what is missing in it is empty."""
    pieces = [
        slot(part[1:-1]) if _is_column(part) else part for part in _PARTS.split(template) if part
    ]

    def key(values: Sequence[Any]) -> str:
        return "".join(
            piece
            if isinstance(piece, str)
            else ""
            if values[piece] is None
            else text(values[piece])
            for piece in pieces
        )

    return key


def _column_as_text(index: int) -> Build:
    def column_text(values: Sequence[Any]) -> str | None:
        value = values[index]
        if type(value) is str:
            return value or None
        return None if value is None else text(value)

    return column_text


def _as_text(only: Build) -> Build:
    def made_text(values: Sequence[Any]) -> str | None:
        made = only(values)
        if isinstance(made, str):
            return made or None
        return None if made is None else text(made)

    return made_text


def _text(template: str, slot: Slot) -> Build:
    parts = [part for part in _PARTS.split(template) if part]
    if any(_has_stray_brace(part) for part in parts):
        raise MappingError(
            f"The template {template!r} has a brace that stands alone.",
            hint="Write {{ and }} for braces that are meant as such.",
        )
    if not any(_is_column(part) for part in parts):
        constant = template.replace("{{", "{").replace("}}", "}")
        return lambda _values: constant
    if len(parts) == 1:
        index = slot(parts[0][1:-1])
        return lambda values: values[index]
    pieces: list[int | str] = [
        slot(part[1:-1]) if _is_column(part) else {"{{": "{", "}}": "}"}.get(part, part)
        for part in parts
    ]

    def join(values: Sequence[Any]) -> str | None:
        made = ""
        for piece in pieces:
            if isinstance(piece, str):
                made += piece
                continue
            value = values[piece]
            if value is None:
                return None
            made += value if isinstance(value, str) else text(value)
        return made

    return join


def _has_stray_brace(part: str) -> bool:
    return _PARTS.fullmatch(part) is None and ("{" in part or "}" in part)


def _is_column(part: str) -> bool:
    return part[0] == "{" and part[-1] == "}" and len(part) > 2


def _object(members: Mapping[str, Any], slot: Slot) -> Build:
    plain: list[tuple[str, int]] = []
    others: list[tuple[str, Build]] = []
    for name, member in members.items():
        parts = _PARTS.split(member) if isinstance(member, str) else []
        if len(parts) == 3 and not parts[0] and not parts[2] and _is_column(parts[1]):
            plain.append((name, slot(parts[1][1:-1])))
        else:
            others.append((name, build(member, slot)))

    def make(values: Sequence[Any]) -> dict[str, Any] | None:
        made = {name: value for name, index in plain if (value := values[index]) is not None}
        for name, member in others:
            if (value := member(values)) is not None:
                made[name] = value
        return made or None

    return make
