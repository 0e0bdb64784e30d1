"""From tokens to a tree, by recursive descent with a bounded depth."""

from typing import Final

from headwater.errors import FqlError
from headwater.fql.functions import FUNCTIONS
from headwater.fql.lexer import Kind, Token, tokens_of
from headwater.fql.tree import Call, Comparison, Junction, Listing, Literal, Node, Not, Path

DEEPEST: Final = 64
"""How many brackets and exclamation marks may stand inside each other."""

_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
_WORDS: Final = {"true": True, "false": False, "null": None}


def parse(source: str) -> Node:
    """The condition that a source states; raises FqlError where it states none."""
    return condition(expression(source))


def expression(source: str) -> Node:
    """What a source says, a condition or a value; raises FqlError where it cannot be read."""
    parser = _Parser(tokens_of(source))
    if parser.is_at_end():
        raise FqlError(
            "The filter is empty.", column=1, hint='State a condition, as in: type = "track"'
        )
    tree = parser.junction("or")
    if not parser.is_at_end():
        raise parser.unexpected("and, or or the end")
    return tree


def condition(node: Node) -> Node:
    """The node itself, when it is something that is true or false."""
    match node:
        case Comparison() | Not() | Junction() | Literal(value=True | False):
            return node
        case Call(name=name) if FUNCTIONS[name].is_condition:
            return node
        case Path(keys=keys) if len(keys) > 1:
            return node
    hint = "Compare it with something, as in: length(userId) > 0"
    if isinstance(node, Path):
        hint = f'Compare it with something, as in: {node.keys[0]} = "…" or {node.keys[0]} != null'
    raise FqlError(
        f"What stands at column {node.column} is neither true nor false.",
        column=node.column,
        hint=hint,
    )


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def junction(self, word: str) -> Node:
        """Conditions joined by `or`; within them, by `and`, which binds more tightly."""
        start = self.token.column
        part = self.comparison if word == "and" else lambda: self.junction("and")
        first = part()
        if not self.takes(word):
            return first
        members = [condition(first), condition(part())]
        while self.takes(word):
            members.append(condition(part()))
        return Junction(word, tuple(members), start)

    def comparison(self) -> Node:
        left = self.operand()
        token = self.token
        if not self.is_at_comparison():
            return left
        self.at += 1
        if token.value == "=" and self.is_at_end():
            # Segment's parser reads the end of the text as a word here, and so accepts `type =`.
            return Comparison("=", left, Literal("eos", self.token.column), token.column)
        return Comparison(str(token.value), left, self.operand(), token.column)

    def operand(self) -> Node:
        token = self.token
        self.at += 1
        match token:
            case Token(kind=Kind.TEXT | Kind.NUMBER, value=value) if not isinstance(value, tuple):
                return Literal(value, token.column)
            case Token(kind=Kind.WORD, value=str(word)) if word in _WORDS:
                return Literal(_WORDS[word], token.column)
            case Token(kind=Kind.PATH, value=tuple(keys)):
                return self.call(token) if self.takes("(") else Path(keys, token.column)
            case Token(kind=Kind.MARK, value="(" | "[" | "!"):
                return self.nested(token)
        self.at -= 1
        raise self.unexpected("a field, a value or a function")

    def nested(self, opening: Token) -> Node:
        self.deeper(opening)
        node: Node
        if opening.value == "!":
            denied = self.operand()
            if self.is_at_comparison():
                raise FqlError(
                    f"It is not clear what the ! at column {opening.column} denies.",
                    column=opening.column,
                    hint="Put the comparison in brackets: !(…).",
                )
            node = Not(condition(denied), opening.column)
        elif opening.value == "(":
            node = self.junction("or")
            self.closes(")", opening)
        else:
            node = Listing(self.members("]", opening), opening.column)
        self.depth -= 1
        return node

    def call(self, name: Token) -> Node:
        function = FUNCTIONS.get(name.spelling)
        if function is None:
            raise FqlError(
                f"There is no function {name.spelling!r} (column {name.column}).",
                column=name.column,
                hint=f"There are {', '.join(FUNCTIONS)}.",
            )
        self.deeper(name)
        arguments = self.members(")", name)
        self.depth -= 1
        if len(arguments) != function.arity:
            raise FqlError(
                f"{name.spelling} takes {function.arity} and was given {len(arguments)}"
                f" (column {name.column}).",
                column=name.column,
                hint=f"It is written {function.usage}.",
            )
        return Call(name.spelling, arguments, name.column)

    def members(self, closing: str, opening: Token) -> tuple[Node, ...]:
        if self.takes(closing):
            return ()
        members = [self.operand()]
        while self.takes(","):
            members.append(self.operand())
        self.closes(closing, opening)
        return tuple(members)

    def is_at_comparison(self) -> bool:
        token = self.token
        return token.kind in (Kind.MARK, Kind.WORD) and token.value in _COMPARISONS

    def is_at_end(self) -> bool:
        return self.token.kind is Kind.END

    def takes(self, spelling: str) -> bool:
        if self.token.kind in (Kind.MARK, Kind.WORD) and self.token.value == spelling:
            self.at += 1
            return True
        return False

    def closes(self, closing: str, opening: Token) -> None:
        if not self.takes(closing):
            raise self.unexpected(f"{closing} for column {opening.column}")

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FqlError(
                f"More than {DEEPEST} brackets stand inside each other at column {token.column}.",
                column=token.column,
                hint="Conditions joined by the same word need no brackets.",
            )

    def unexpected(self, wanted: str) -> FqlError:
        token = self.token
        hint = ""
        if token.spelling.lower() in ("and", "or", "in") and token.kind is Kind.PATH:
            hint = f"Write {token.spelling.lower()}, in small letters."
        elif token.spelling.lower() == "not":
            hint = "Write ! for not."
        return FqlError(
            f"At column {token.column}, {wanted} is wanted, but there is {token.spelling[:40]}.",
            column=token.column,
            hint=hint,
        )
