"""Parameters of a question: `{{name}}`, `{{since:date}}`, `{{least:number=10}}`. Pure.

    SELECT count(*) FROM track WHERE event = {{event}} AND timestamp >= {{since:date}}

A value is never put in as it comes: it is read as the parameter's type, made a literal node of the
parser, and what the parser writes for that node takes the place. Then the words of the whole text
are read again, and have to be those of before with exactly the literals' in between.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

import msgspec
from sqlglot import Token, TokenType, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from headwater.errors import QueryRefusedError
from headwater.queries.rewritten import Rewritten
from headwater.queries.rules import refuse

Value = str | int | float | bool | list[str | int | float | bool] | None
Values = Mapping[str, Value]

MOST_PARAMETERS: Final = 100
MOST_LISTED: Final = 1_000
LONGEST_VALUE: Final = 10_000
_MOST_WORDS: Final = 24
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_WRITTEN: Final = "Write {{name}} or {{name:number}}, or {{name:number=10}} with a default."


class Kind(StrEnum):
    """What a parameter's value is."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    TEXTS = "texts"
    """Several, for IN."""
    NUMBERS = "numbers"


class Parameter(msgspec.Struct, frozen=True):
    """A parameter that a question names; `default` is null where a value has to be given."""

    name: str
    type: Kind = Kind.TEXT
    default: str | None = None


class _Place(msgspec.Struct, frozen=True):
    """A parameter where it stands: its first word's number, and how many words it has."""

    parameter: Parameter
    first: int
    words: int
    start: int
    end: int


def declared(sql: str) -> tuple[Parameter, ...]:
    """The parameters that a question names, in their order; none where it does not parse."""
    try:
        return tuple(_declared(_places(_tokens(sql))).values())
    except (QueryRefusedError, SqlglotError):
        return ()


def bound(sql: str, values: Values) -> Rewritten:
    """A question with its values in it. Raises QueryRefusedError."""
    if "{{" not in sql and not values:
        return Rewritten(sql)
    try:
        tokens = _tokens(sql)
    except SqlglotError:
        return Rewritten(sql)  # the guard says what is wrong
    places = _places(tokens)
    known = _declared(places)
    if unknown := [name for name in values if name not in known]:
        raise refuse(
            f"it has no parameter {unknown[0][:64]}",
            f"It has: {', '.join(known)}." if known else _WRITTEN,
        )
    literals = {
        name: _literal(parameter, values.get(name, parameter.default))
        for name, parameter in known.items()
        if _is_given(parameter, values) or _refuse_missing(places, parameter)
    }
    return _put(sql, tokens, places, literals)


def _is_given(parameter: Parameter, values: Values) -> bool:
    return parameter.name in values or parameter.default is not None


def _refuse_missing(places: Sequence[_Place], parameter: Parameter) -> bool:
    error = refuse(
        f"its parameter {parameter.name} has no value",
        "Give it a value, or write a default: {{name:number=10}}.",
    )
    error.position = next(p.start for p in places if p.parameter.name == parameter.name)
    raise error


def _put(
    sql: str, tokens: Sequence[Token], places: Sequence[_Place], literals: Mapping[str, str]
) -> Rewritten:
    pieces: list[str] = []
    changes: list[tuple[int, int, int]] = []
    expected: list[tuple[TokenType, str]] = []
    at, word = 0, 0
    for place in places:
        # Spaces around it, so that it never becomes one word with what stands beside it.
        put = f" {literals[place.parameter.name]} "
        pieces += [sql[at : place.start], put]
        changes.append((place.start, place.end - place.start, len(put)))
        expected += _words([*tokens[word : place.first], *_tokens(put)])
        at, word = place.end, place.first + place.words
    pieces.append(sql[at:])
    expected += _words(tokens[word:])
    whole = "".join(pieces)
    if _words(_tokens(whole)) != expected:
        raise refuse("a parameter's value would change what is asked", "Give another value.")
    return Rewritten(whole, tuple(changes))


def _tokens(sql: str) -> list[Token]:
    tokens = list(DuckDB().tokenize(sql))
    if not tokens or tokens[0].text.upper() != "EXPLAIN":
        return tokens
    # sqlglot reads EXPLAIN and all after it as one command: so it is left out, at its place.
    begin = tokens[0].end + 1
    return list(DuckDB().tokenize(" " * begin + sql[begin:]))


def _words(tokens: Sequence[Token]) -> list[tuple[TokenType, str]]:
    return [(token.token_type, token.text) for token in tokens]


def _declared(places: Sequence[_Place]) -> dict[str, Parameter]:
    """By name. Where it stands several times, one place may say its type and default for all."""
    found: dict[str, Parameter] = {}
    for place in places:
        name, here = place.parameter.name, place.parameter
        before = found.setdefault(name, here)
        bare = Parameter(name)
        if here in (bare, before):
            continue
        if before != bare:
            error = refuse(
                f"its parameter {name} is written in two ways",
                "Write its type and default once, and {{name}} elsewhere.",
            )
            error.position = place.start
            raise error
        found[name] = here
    if len(found) > MOST_PARAMETERS:
        raise refuse(f"it has more than {MOST_PARAMETERS} parameters", "Ask in several questions.")
    return found


def _places(tokens: Sequence[Token]) -> list[_Place]:
    return list(_found(tokens))


def _found(tokens: Sequence[Token]) -> Iterator[_Place]:
    number = 0
    while number < len(tokens):
        if not _are_double(tokens, number, TokenType.L_BRACE):
            number += 1
            continue
        end = next(
            (
                later
                for later in range(number + 2, min(number + _MOST_WORDS, len(tokens)))
                if _are_double(tokens, later, TokenType.R_BRACE)
            ),
            None,
        )
        if end is None:
            raise _wrong(tokens[number])
        parameter = _parameter(tokens[number], tokens[number + 2 : end])
        yield _Place(
            parameter, number, end + 2 - number, tokens[number].start, tokens[end + 1].end + 1
        )
        number = end + 2


def _are_double(tokens: Sequence[Token], number: int, kind: TokenType) -> bool:
    return (
        number + 1 < len(tokens)
        and tokens[number].token_type is kind
        and tokens[number + 1].token_type is kind
        and tokens[number].end + 1 == tokens[number + 1].start
    )


def _parameter(opening: Token, inside: Sequence[Token]) -> Parameter:
    """Of the words between the braces: a name, `:` and a type, `=` and a literal."""
    words = list(inside)
    if not words or not _NAME.fullmatch(words[0].text):
        raise _wrong(opening)
    name, kind, default = words.pop(0).text, Kind.TEXT, None
    if words and words[0].token_type is TokenType.COLON:
        kind = _kind(opening, words[1:2])
        del words[:2]
    if words and words[0].token_type is TokenType.EQ:
        default = _default(words[1:])
        words = [] if default is not None else words
    if words:
        raise _wrong(opening)
    parameter = Parameter(name, kind, default)
    if default is not None:
        _literal(parameter, default)
    return parameter


def _kind(opening: Token, words: Sequence[Token]) -> Kind:
    text = words[0].text.lower() if words else ""
    if text not in list(Kind):
        error = refuse(
            f"there is no type {text[:64]!r} of parameters", f"There are: {', '.join(Kind)}."
        )
        error.position = words[0].start if words else opening.start
        raise error
    return Kind(text)


def _default(words: Sequence[Token]) -> str | None:
    """A quoted text, or what is written without quotes: -5, 2026-01-31, true."""
    if not words or (len(words) > 1 and any(w.token_type is TokenType.STRING for w in words)):
        return None
    return "".join(word.text for word in words)


def _wrong(token: Token) -> QueryRefusedError:
    error = refuse("a parameter is not written as one", _WRITTEN)
    error.position = token.start
    return error


def _literal(parameter: Parameter, value: Value) -> str:
    """SQL of a value, written by the parser from a literal node."""
    try:
        return _node(parameter.type, value).sql(dialect=DuckDB, comments=False)
    except (ValueError, TypeError, InvalidOperation, OverflowError):
        pass
    raise refuse(
        f"its parameter {parameter.name} is not a {parameter.type.value}",
        _EXAMPLES[parameter.type],
    )


_EXAMPLES: Final = {
    Kind.TEXT: "Give a text of at most 10,000 characters.",
    Kind.NUMBER: "Give a number such as 12 or -0.5.",
    Kind.DATE: "Give a day such as 2026-01-31.",
    Kind.TIMESTAMP: "Give a time such as 2026-01-31T12:00:00Z.",
    Kind.BOOLEAN: "Give true or false.",
    Kind.TEXTS: "Give a list, or texts separated by commas.",
    Kind.NUMBERS: "Give a list, or numbers separated by commas.",
}


def _node(kind: Kind, value: Value) -> exp.Expr:
    if kind in (Kind.TEXTS, Kind.NUMBERS):
        one = Kind.TEXT if kind is Kind.TEXTS else Kind.NUMBER
        return exp.Tuple(expressions=[_node(one, each) for each in _listed(value)])
    if value is None:
        return exp.Null()
    if kind is Kind.BOOLEAN:
        return exp.Boolean(this=_boolean(value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(kind)
    if kind is Kind.NUMBER:
        return _number(value)
    if not isinstance(value, str):
        value = str(value)
    if kind is Kind.TEXT:
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise ValueError(kind)
        return exp.Literal.string(value)
    if kind is Kind.DATE:
        day = exp.Literal.string(date.fromisoformat(value.strip()).isoformat())
        return exp.Cast(this=day, to=exp.DataType.build("DATE"))
    return exp.Cast(this=exp.Literal.string(_moment(value)), to=exp.DataType.build("TIMESTAMP"))


def _listed(value: Value) -> Sequence[str | int | float | bool | None]:
    if isinstance(value, str):
        value = [each.strip() for each in value.split(",") if each.strip()]
    if value is None:
        value = []
    if isinstance(value, int | float):
        value = [value]
    if len(value) > MOST_LISTED:
        raise ValueError(len(value))
    return value or [None]


def _boolean(value: Value) -> bool:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _number(value: str | float) -> exp.Expr:
    """A number's own digits: whole ones stay exact."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(value)
        value = repr(value)
    text = str(value).strip()
    number = Decimal(text)
    if len(text) > 100 or not number.is_finite() or abs(number.adjusted()) > 308:
        raise ValueError(text)
    digits = number.copy_abs()
    literal = exp.Literal.number(f"{digits:e}" if "e" in text.lower() else f"{digits:f}")
    return exp.Paren(this=exp.Neg(this=literal)) if number.is_signed() else literal


def _moment(value: str) -> str:
    at = datetime.fromisoformat(value.strip())
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    return at.isoformat(" ")
