"""Metrics and dimensions as SQL, and `METRIC(name)` in a question. Pure.

    SELECT DIMENSION(channel), METRIC(revenue) FROM track GROUP BY 1

What stands for a name is an expression over an event view (`track`, `page`, a view by an event's
name). It is put in before the question is guarded, so it may do no more than what is written out.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from sqlglot import Token, TokenType
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from headwater.analytics.conditions import Filter
from headwater.errors import QueryRefusedError
from headwater.queries.rewritten import Rewritten
from headwater.semantics.model import TYPES, Definitions, Dimension, Metric

_WORDS: Final = re.compile(r"\b(metric|dimension)\s*\(", re.IGNORECASE)
_FUNCTIONS: Final = {
    "sum": "sum",
    "average": "avg",
    "minimum": "min",
    "maximum": "max",
    "median": "median",
}
_OPERATORS: Final = {"is": "=", "is_not": "IS DISTINCT FROM", "more": ">", "less": "<"}


def metric_sql(metric: Metric, known: Mapping[str, Metric]) -> str:
    """The expression of a metric that was checked."""
    if metric.ratio is not None:
        above, below = known[metric.ratio.of], known[metric.ratio.to]
        return f"({metric_sql(above, known)} / nullif({metric_sql(below, known)}, 0))"
    if metric.aggregation == "count":
        what = "count(*)"
    elif metric.aggregation == "people":
        what = 'count(DISTINCT coalesce("userId", "anonymousId"))'
    else:
        what = f"{_FUNCTIONS[metric.aggregation]}({_number(metric.property)})"
    conditions = [_is_event(metric.event), *map(_condition, metric.where)]
    return f"{what} FILTER (WHERE {' AND '.join(conditions)})"


def dimension_sql(dimension: Dimension) -> str:
    """The expression of a dimension: a text."""
    return _text(dimension.property)


def _is_event(event: str) -> str:
    if event in TYPES:
        return f'"type" = {_quoted(event)}'
    return f'"event" = {_quoted(event)}'


def _condition(wanted: Filter) -> str:
    value = wanted.value
    if wanted.operator in ("is_set", "is_not_set"):
        return f"{_text(wanted.name)} IS {'NOT ' if wanted.operator == 'is_set' else ''}NULL"
    if wanted.operator == "contains":
        return f"contains({_text(wanted.name)}, {_quoted(str(value))})"
    operator = _OPERATORS[wanted.operator]
    if isinstance(value, bool):
        return f"{_text(wanted.name)} {operator} {_quoted(str(value).lower())}"
    if isinstance(value, int | float):
        return f"{_number(wanted.name)} {operator} {value!r}"
    return f"{_text(wanted.name)} {operator} {_quoted(str(value))}"


def _text(path: str) -> str:
    column, _, rest = path.partition(".")
    if column not in ("properties", "context") or not rest:
        column, rest = "properties", path
    pointer = "".join(f"/{_escaped(part)}" for part in rest.split("."))
    return f"json_extract_string({column}, {_quoted(pointer)})"


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _number(path: str) -> str:
    return f"TRY_CAST({_text(path)} AS DOUBLE)"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def names_any(sql: str) -> bool:
    """Whether a question may name a metric or dimension; cheap."""
    return _WORDS.search(sql) is not None


def expanded(sql: str, definitions: Definitions) -> Rewritten:
    """A question with what its METRIC(name) and DIMENSION(name) stand for. What is selected as it
    is keeps the name. Raises QueryRefusedError for a name that there is none of."""
    try:
        tokens = list(DuckDB().tokenize(sql))
    except SqlglotError:
        return Rewritten(sql)  # the guard says what is wrong
    pieces, changes, at = [], [], 0
    selecting = [False]
    for number, token in enumerate(tokens):
        _follow(token, selecting)
        if not _is_call(tokens, number):
            continue
        name, end = tokens[number + 2].text, tokens[number + 3].end + 1
        put = _expression(token, name, definitions)
        if selecting[-1] and _is_whole(tokens, number):
            put += f' AS "{name.lower()}"'
        pieces += [sql[at : token.start], put]
        changes.append((token.start, end - token.start, len(put)))
        at = end
    return Rewritten("".join([*pieces, sql[at:]]), tuple(changes))


def _follow(token: Token, selecting: list[bool]) -> None:
    """Whether, in each of the open parentheses, the list of a SELECT is being read."""
    if token.token_type is TokenType.L_PAREN:
        selecting.append(False)
    elif token.token_type is TokenType.R_PAREN and len(selecting) > 1:
        selecting.pop()
    elif token.token_type is TokenType.SELECT:
        selecting[-1] = True
    elif token.token_type is TokenType.FROM:
        selecting[-1] = False


def _is_call(tokens: Sequence[Token], number: int) -> bool:
    kinds = [each.token_type for each in tokens[number + 1 : number + 4 : 2]]
    return (
        tokens[number].text.upper() in ("METRIC", "DIMENSION")
        and tokens[number].token_type is not TokenType.STRING
        and kinds == [TokenType.L_PAREN, TokenType.R_PAREN]
    )


def _is_whole(tokens: Sequence[Token], number: int) -> bool:
    before = tokens[number - 1].token_type if number else None
    after = tokens[number + 4].token_type if number + 4 < len(tokens) else None
    return before in (TokenType.SELECT, TokenType.COMMA) and after in (
        None,
        TokenType.COMMA,
        TokenType.FROM,
        TokenType.SEMICOLON,
        TokenType.R_PAREN,
    )


def _expression(word: Token, name: str, definitions: Definitions) -> str:
    metrics = {each.name: each for each in definitions.metrics}
    dimensions = {each.name: each for each in definitions.dimensions}
    is_metric = word.text.upper() == "METRIC"
    if is_metric and name.lower() in metrics:
        return metric_sql(metrics[name.lower()], metrics)
    if not is_metric and name.lower() in dimensions:
        return dimension_sql(dimensions[name.lower()])
    known = list(metrics if is_metric else dimensions)
    near = get_close_matches(name.lower(), known, n=1)
    error = QueryRefusedError(
        f"This question cannot be asked: there is no {word.text.lower()} {name[:100]}.",
        hint=f"Did you mean {near[0]}?" if near else "GET /api/metrics lists what there is.",
    )
    error.position = word.start
    raise error
