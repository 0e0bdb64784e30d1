"""What a reference into a JSON column becomes in DuckDB's SQL, by what is wanted of it."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec


class Kind(StrEnum):
    """What the place of an expression wants of a JSON value."""

    VALUE = "value"
    """The JSON value itself; JSON's null is NULL."""
    RAW = "raw"
    """The JSON value itself, null and all: for the functions on JSON."""
    TEXT = "text"
    NUMBER = "number"
    """A finite DOUBLE, also of a text that is a number; else NULL."""
    EXACT = "exact"
    """A DECIMAL(38, 9): compares exactly with whole numbers beyond 2^53."""
    BOOLEAN = "boolean"
    """JSON's true or false, else NULL."""
    TIME = "time"
    """A naive UTC TIMESTAMP of an ISO 8601 text, else NULL."""
    ORDER = "order"
    """A value to sort by: numbers by size, then texts; NULL where there is nothing."""
    VALUES = "values"
    """The members of an array, each JSON."""
    TEXTS = "texts"
    """The members of an array, each text."""


_FURTHEST: Final = "99999999999999999999999999999"  # the largest whole DECIMAL(38, 9)


class JsonReference(msgspec.Struct, frozen=True):
    """A value inside a JSON expression: SQL of the JSON, and the paths to apply in turn."""

    base: str
    paths: tuple[str, ...] = ()


def pointer(keys: Sequence[str]) -> str:
    """The JSON pointer (RFC 6901) of object keys and array indexes.

    >>> pointer(["a", "b/c"])
    '/a/b~1c'
    """
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def literal(text: str) -> str:
    """A SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def render(reference: JsonReference, kind: Kind, *, grouped: bool) -> str:
    """SQL of the referred value as `kind`.

    In a grouped query every form is built upon VALUE's, so that DuckDB finds the grouped
    expression again inside of it.
    """
    if kind is Kind.RAW:
        return _extract(reference, "json_extract")
    value = f"nullif({_extract(reference, 'json_extract')}, 'null')"
    if kind is Kind.VALUE:
        return value
    if grouped:
        return _FORMS[kind](value, f"json_extract_string({value}, '$')")
    raw = _extract(reference, "json_extract")
    return _FORMS[kind](raw, _extract(reference, "json_extract_string"))


def _extract(reference: JsonReference, function: str) -> str:
    sql = reference.base
    paths = reference.paths
    if not paths:
        return sql if function == "json_extract" else f"{function}({sql}, '$')"
    for path in paths[:-1]:
        sql = f"json_extract({sql}, {literal(path)})"
    return f"{function}({sql}, {literal(paths[-1])})"


def _number(text: str) -> str:
    number = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _exact(text: str) -> str:
    number = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"coalesce(TRY_CAST({text} AS DECIMAL(38, 9)), CASE WHEN {number} > 0 AND "
        f"isfinite({number}) THEN {_FURTHEST} WHEN {number} < 0 AND isfinite({number}) "
        f"THEN -{_FURTHEST} END)"
    )


def _boolean(value: str) -> str:
    return f"CASE CAST({value} AS VARCHAR) WHEN 'true' THEN true WHEN 'false' THEN false END"


_FORMS: Mapping[Kind, Callable[[str, str], str]] = {
    Kind.TEXT: lambda _, text: text,
    Kind.NUMBER: lambda _, text: _number(text),
    Kind.EXACT: lambda _, text: _exact(text),
    Kind.BOOLEAN: lambda value, _: _boolean(value),
    Kind.TIME: lambda _, text: f"(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')",
    Kind.ORDER: lambda _, text: (
        f"CASE WHEN {text} IS NOT NULL THEN row({_number(text)}, {text}) END"
    ),
    Kind.VALUES: lambda value, _: f"TRY_CAST({value} AS JSON[])",
    Kind.TEXTS: lambda value, _: f"TRY_CAST({value} AS VARCHAR[])",
}
