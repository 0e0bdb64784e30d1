"""The names of result columns that a question as written would have given."""

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import Token, TokenType, exp

from headwater.queries.guard import Guarded

_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE)
_CLAUSES = "FROM WHERE GROUP HAVING QUALIFY WINDOW ORDER LIMIT OFFSET UNION EXCEPT INTERSECT USING"
_ENDS = frozenset(_CLAUSES.split())


def titles(guarded: Guarded, changed: Sequence[exp.Expr]) -> Mapping[int, str]:
    """What the changed columns without an alias were called in the text, by their position."""
    select = guarded.expression
    while isinstance(select, exp.SetOperation):
        select = select.left
    if not isinstance(select, exp.Select) or not changed:
        return {}
    pieces = list(_pieces(guarded))
    if len(pieces) != len(select.expressions):
        return {}
    changed_ids = {id(node) for node in changed}
    found: dict[int, str] = {}
    for position, (projection, piece) in enumerate(zip(select.expressions, pieces, strict=True)):
        if projection.is_star:
            break
        if isinstance(projection, exp.Alias) or id(projection) in changed_ids:
            continue
        if any(id(node) in changed_ids for node in projection.walk()):
            found[position] = piece
    return found


def _pieces(guarded: Guarded) -> Iterator[str]:
    """The texts of the projections of the first SELECT that is in no parentheses."""
    depth = 0
    first: Token | None = None
    last: Token | None = None
    selecting = False
    for token in guarded.tokens:
        if token.token_type in _OPENING:
            depth += 1
        elif token.token_type in _CLOSING:
            depth -= 1
        if not selecting:
            selecting = depth == 0 and token.token_type is TokenType.SELECT
            continue
        if depth == 0 and token.text.upper() in _ENDS:
            break
        if depth == 0 and token.token_type is TokenType.COMMA:
            if first is not None and last is not None:
                yield guarded.sql[first.start : last.end + 1]
            first = last = None
            continue
        first, last = first or token, token
    if first is not None and last is not None:
        yield guarded.sql[first.start : last.end + 1]
