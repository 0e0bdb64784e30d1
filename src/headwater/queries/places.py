"""Where in a question's text an error points, so that an editor can mark the place."""

import re
from collections.abc import Sequence
from typing import Final, TypeVar

from sqlglot import Token, exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from headwater.errors import QueryError

_NAMED: Final = re.compile(
    r'"((?:[^"]|"")+)"|\'([^\']+)\'|\bname (\w+)\b|\bcolumn (\w+) must\b', re.IGNORECASE
)
_E = TypeVar("_E", bound=QueryError)


def of_parser(error: SqlglotError, sql: str) -> int | None:
    """The position at which the first parser stopped."""
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        line, column = first.get("line"), first.get("col")
        if line and column:
            lines = sql.splitlines(keepends=True)
            before = sum(len(each) for each in lines[: line - 1])
            return _within(before + column - len(first.get("highlight") or " "), sql)
    if isinstance(error, TokenError):
        return _within(int(getattr(error, "start", 0) or 0), sql)
    return None


def said(error: SqlglotError) -> str:
    """What the first parser says, on one line: what is wrong, and near which word."""
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        what = str(first.get("description") or "").strip().rstrip(".").lower()
        near, line = first.get("highlight"), first.get("line")
        return f"{what} near {near!r}, line {line}" if near else what
    return str(error).splitlines()[0]


def of_node(node: exp.Expr) -> int | None:
    """The position of the first word that belongs to a part of the tree."""
    starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return min(starts, default=None)


def located(error: _E, message: str, tokens: Sequence[Token]) -> _E:
    """The error with the position of the first word that the database's message names."""
    if error.position is not None:
        return error
    words = {token.text.lower(): token.start for token in reversed(tokens)}
    for found in _NAMED.finditer(message.partition("\n")[0]):
        name = next(group for group in found.groups() if group)
        for part in (name, name.rpartition(".")[2], name.partition("(")[0]):
            if (start := words.get(part.lower())) is not None:
                error.position = start
                return error
    return error


def _within(position: int, sql: str) -> int:
    return max(0, min(position, len(sql)))
