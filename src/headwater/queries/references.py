"""Dotted names and JSON paths in a question's text, and the replacing of them."""

from collections.abc import Sequence

import msgspec
from sqlglot import Token, TokenType, exp

from headwater.queries.paths import JsonReference, identifier, pointer


class Text:
    """The text of a question, what stands where, and what to put in its place."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        self.sql = sql
        self.tokens = tokens
        self._index = {token.start: number for number, token in enumerate(tokens)}
        self._replacements: dict[tuple[int, int], tuple[str, exp.Expr]] = {}

    def at(self, position: int) -> int | None:
        """The number of the token that starts here."""
        return self._index.get(position)

    def span(self, node: exp.Expr) -> tuple[int, int]:
        """Where an identifier stands: its start, and the position after its end."""
        return node.meta["start"], node.meta["end"] + 1

    def replace(self, start: int, end: int, sql: str, node: exp.Expr) -> None:
        """Put `sql` in place of what stands from `start` to before `end`."""
        self._replacements[start, end] = (sql, node)

    def changed_nodes(self) -> list[exp.Expr]:
        return [node for _, node in self._replacements.values()]

    def replaced(self) -> str:
        """The text with all replacements made."""
        pieces: list[str] = []
        at = 0
        for (start, end), (sql, _) in sorted(self._replacements.items(), key=lambda item: item[0]):
            pieces += [self.sql[at:start], sql]
            at = end
        return "".join([*pieces, self.sql[at:]])


class Reference(msgspec.Struct, frozen=True):
    """A dotted name with what follows it: `a.b."c"[0]->'d'`.

    `node` is the whole of it in the tree; `steps` are the paths that follow the dotted parts.
    `as_text` says that it ends with `->>`.
    """

    node: exp.Expr
    parts: tuple[str, ...]
    written: tuple[str, ...]
    steps: tuple[str, ...]
    start: int
    end: int
    as_text: bool

    def value(self, length: int) -> JsonReference:
        """The JSON value, where the first `length` parts name the column."""
        base = ".".join(self.written[:length])
        paths: list[str] = []
        if keys := self.parts[length:]:
            paths.append(pointer(keys))
        for step in self.steps:
            if paths and step.startswith("/") and paths[-1].startswith("/"):
                paths[-1] += step
            else:
                paths.append(step)
        return JsonReference(base, tuple(paths))

    def title(self, length: int) -> str:
        """The name that a result column of this has."""
        if self.steps:
            return self.steps[-1].rpartition("/")[2].rpartition(".")[2].strip('"[]') or "json"
        return self.parts[-1] if len(self.parts) > length else self.parts[length - 1]


def read_reference(column: exp.Column, text: Text) -> Reference | None:
    """Read the dotted name that a column begins, in the text; None for `*` and the like."""
    identifiers = [part for part in column.parts if isinstance(part, exp.Identifier)]
    if len(identifiers) != len(column.parts) or "start" not in identifiers[0].meta:
        return None
    first = text.at(identifiers[0].meta["start"])
    if first is None:
        return None
    parts = [part.name for part in identifiers]
    number = text.at(identifiers[-1].meta["start"])
    if number is None:
        return None
    node: exp.Expr = column
    while isinstance(node.parent, exp.Dot) and node.parent.this is node:
        name = node.parent.expression
        if not isinstance(name, exp.Identifier) or (at := text.at(name.meta["start"])) is None:
            break
        node, number = node.parent, at
        parts.append(name.name)
    names = [t.start for t in text.tokens[first : number + 1] if t.token_type is not TokenType.DOT]
    if len(names) != len(parts):
        return None
    written = tuple(identifier(part) for part in parts)
    node, steps, number, as_text = _steps(node, number, text)
    return Reference(
        node,
        tuple(parts),
        written,
        steps,
        text.tokens[first].start,
        text.tokens[number].end + 1,
        as_text,
    )


def _steps(node: exp.Expr, number: int, text: Text) -> tuple[exp.Expr, tuple[str, ...], int, bool]:
    """Follow `[literal]`, `.name`, `->` and `->>` in the tree and in the text at once."""
    steps: list[str] = []
    while isinstance(parent := node.parent, exp.Expr) and parent.this is node:
        following = list(text.tokens[number + 1 : number + 4])
        if isinstance(parent, exp.Bracket) and _is_subscript(following):
            steps.append(_step(following[1]))
            number += 3
        elif isinstance(parent, exp.JSONExtract | exp.JSONExtractScalar) and _is_arrow(following):
            steps.append(_step(following[1]))
            number += 2
            if following[0].token_type is TokenType.DARROW:
                return parent, tuple(steps), number, True
        elif isinstance(parent, exp.Dot) and _is_member(parent, following):
            steps.append(pointer([parent.expression.name]))
            number += 2
        else:
            break
        node = parent
    return node, tuple(steps), number, False


def _is_subscript(tokens: list[Token]) -> bool:
    kinds = [token.token_type for token in tokens]
    return kinds in (
        [TokenType.L_BRACKET, TokenType.STRING, TokenType.R_BRACKET],
        [TokenType.L_BRACKET, TokenType.NUMBER, TokenType.R_BRACKET],
    )


def _is_member(dot: exp.Dot, tokens: list[Token]) -> bool:
    return (
        isinstance(dot.expression, exp.Identifier)
        and [token.token_type for token in tokens[:1]] == [TokenType.DOT]
        and tokens[1].start == dot.expression.meta.get("start")
    )


def _is_arrow(tokens: list[Token]) -> bool:
    kinds = [token.token_type for token in tokens[:2]]
    return kinds[:1] in ([TokenType.ARROW], [TokenType.DARROW]) and kinds[1:] in (
        [TokenType.STRING],
        [TokenType.NUMBER],
    )


def _step(token: Token) -> str:
    if token.token_type is TokenType.STRING and token.text.startswith(("$", "/")):
        return token.text
    return pointer([token.text])
