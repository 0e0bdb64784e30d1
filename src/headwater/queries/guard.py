"""What may be asked: exactly one SELECT that stays inside the warehouse.

This is the first look, which explains itself; `tree` is the second, by DuckDB's own parser.
"""

import logging
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from sqlglot import Token, TokenType, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from headwater.errors import QueryRefusedError
from headwater.queries.functions import TABLE_FUNCTIONS
from headwater.queries.places import of_node, of_parser, said
from headwater.queries.rules import (
    check_function,
    check_table,
    not_in_from,
    only_tables_shown,
    refuse,
    several_statements,
    too_deep,
    without_value,
)

MAX_CHARACTERS: Final = 100_000
MAX_TOKENS: Final = 20_000
MAX_NESTING: Final = 100

_ONE_SELECT: Final = "Ask one SELECT (or WITH, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES)."

# sqlglot says on its logger what it falls back to; the guard refuses that itself.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class Prefix(StrEnum):
    """What stands before the SELECT."""

    NONE = ""
    EXPLAIN = "EXPLAIN"
    ANALYZE = "EXPLAIN ANALYZE"


class Guarded(msgspec.Struct, frozen=True):
    """A question that passed the guard. `sql` is the text after the prefix, which begins `skipped`
    characters into what was asked; `tokens` are its."""

    sql: str
    prefix: Prefix
    expression: exp.Expr
    tokens: Sequence[Token]
    skipped: int = 0


def guard(sql: str) -> Guarded:
    """Parse a question. Raises QueryRefusedError, which names what is not allowed and why."""
    if len(sql) > MAX_CHARACTERS:
        raise refuse(
            f"it has {len(sql):,} characters, and the most are {MAX_CHARACTERS:,}",
            "Join with a table, or with a VALUES list of fewer rows.",
        )
    if "\0" in sql:
        raise refuse("it holds a NUL character", "Remove it.")
    try:
        return _guard(sql)
    except RecursionError:
        raise too_deep() from None


def _guard(sql: str) -> Guarded:
    prefix, rest = _split_prefix(sql)
    skipped = len(sql) - len(rest)
    try:
        return _checked(prefix, rest, skipped)
    except QueryRefusedError as error:
        if error.position is not None:
            error.position += skipped
        raise


def _checked(prefix: Prefix, rest: str, skipped: int) -> Guarded:
    tokens = _tokenize(rest)
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens = tokens[:-1]
        rest = rest[: tokens[-1].end + 1] if tokens else ""
    if not tokens:
        raise refuse("it is empty", _ONE_SELECT)
    _check_tokens(tokens)
    expression = _parse(rest, tokens)
    for node in expression.walk():
        _check_at_its_place(node)
        if isinstance(node, exp.Func) and "start" in node.meta:
            node.meta["name"] = rest[node.meta["start"] : node.meta["end"] + 1]
    return Guarded(rest, prefix, expression, tokens, skipped)


def _check_at_its_place(node: exp.Expr) -> None:
    try:
        _check_node(node)
    except QueryRefusedError as error:
        error.position = of_node(node)
        raise


def _tokenize(sql: str) -> list[Token]:
    try:
        return list(DuckDB().tokenize(sql))
    except SqlglotError as error:
        refusal = refuse(f"it does not parse: {error}", "Check quotes and comments.")
        refusal.position = of_parser(error, sql)
        raise refusal from None


def _split_prefix(sql: str) -> tuple[Prefix, str]:
    tokens = _tokenize(sql)
    words = [token.text.upper() for token in tokens[:2]]
    if words[:1] != ["EXPLAIN"]:
        return Prefix.NONE, sql
    # sqlglot reads EXPLAIN and all after it as one command, so the text is cut here.
    rest = sql[tokens[0].end + 1 :]
    again = _tokenize(rest)
    if again and again[0].text.upper() == "ANALYZE":
        return Prefix.ANALYZE, rest[again[0].end + 1 :]
    return Prefix.EXPLAIN, rest


def _check_tokens(tokens: Sequence[Token]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise refuse(
            f"it has {len(tokens):,} words, and the most are {MAX_TOKENS:,}",
            "Join with a table, or ask in several questions.",
        )
    depth = 0
    for token in tokens:
        if token.token_type in _OPENING:
            depth += 1
        elif token.token_type in _CLOSING:
            depth -= 1
        elif token.token_type is TokenType.SEMICOLON:
            refusal = several_statements()
            refusal.position = token.start
            raise refusal
        if depth > MAX_NESTING:
            raise too_deep()


_OPENING: Final = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING: Final = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_STATEMENTS: Final = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Table)
_DESCRIPTIONS: Final = (exp.Describe, exp.Summarize, exp.Show)


def _parse(sql: str, tokens: Sequence[Token]) -> exp.Expr:
    try:
        parsed = DuckDB().parser().parse(list(tokens), sql)
    except SqlglotError as error:
        refusal = refuse(f"it does not parse: {said(error)}", "Check the SQL near that place.")
        refusal.position = of_parser(error, sql)
        raise refusal from None
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Expr):
        raise refuse("it is not one statement", _ONE_SELECT)
    expression = parsed[0]
    if isinstance(expression, exp.Show) and str(expression.this).upper() != "TABLES":
        raise only_tables_shown()
    if not isinstance(expression, (*_STATEMENTS, *_DESCRIPTIONS)):
        raise refuse(f"{_verb(tokens)} is not a SELECT", _ONE_SELECT)
    if isinstance(expression, exp.Describe | exp.Summarize) and not isinstance(
        expression.this, _STATEMENTS
    ):
        raise refuse(f"{_verb(tokens)} takes a table or a SELECT", "DESCRIBE page_view")
    return expression


def _verb(tokens: Sequence[Token]) -> str:
    return tokens[0].text.upper()[:40]


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, exp.Table):
        _check_table(node)
    elif isinstance(node, exp.Command | exp.DDL | exp.DML | exp.Into):
        raise refuse(f"{type(node).__name__.upper()} writes", _ONE_SELECT)
    elif isinstance(node, exp.Placeholder | exp.Parameter):
        raise without_value()
    elif isinstance(node, exp.Anonymous):
        in_from = isinstance(node.parent, exp.Table | exp.Lateral)
        if not in_from:
            check_function(str(node.this))


def _check_table(table: exp.Table) -> None:
    if isinstance(table.this, exp.Func):
        names = set(_function_names(table.this))
        if table.db or table.catalog or not names & TABLE_FUNCTIONS:
            raise not_in_from(next(_function_names(table.this)))
        return
    check_table((table.catalog.lower(), table.db.lower(), table.name.lower()))


def _function_names(function: exp.Expr) -> Iterator[str]:
    if isinstance(function, exp.Anonymous):
        yield str(function.this).lower()
    elif isinstance(function, exp.Func):
        yield from (name.lower() for name in type(function).sql_names())
