"""From a tree to closures: each part of a filter is a small function of the event.

What the tree says once is decided once, so that the shapes which filters are made of (a field
equals a text, a field is there) cost one look-up and one comparison each.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from headwater.errors import FqlError
from headwater.fql import globs
from headwater.fql.functions import FUNCTIONS, to_number
from headwater.fql.parser import expression, parse
from headwater.fql.tree import Call, Comparison, Junction, Listing, Literal, Node, Not, Path
from headwater.fql.values import same

Value = Callable[[Any], Any]
Condition = Callable[[Any], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = (int, float)


def compile(source: str) -> Callable[[Mapping[str, Any]], bool]:  # noqa: A001 (the public name)
    """The function of an event that a filter is; it answers False for what is no event.

    Raises FqlError, whose `column` says where the source cannot be read.
    """
    holds = _condition(parse(source))

    def answer(event: Any) -> bool:
        if type(event) is dict or isinstance(event, Mapping):
            return holds(event)
        return False

    return answer


def compile_value(source: str) -> Value:
    """The function of an event that an expression is, such as `lowercase(traits.email)`: its value,
    None where there is none. Raises FqlError as `compile`."""
    return _value(expression(source))


def _condition(node: Node) -> Condition:
    match node:
        case Junction(word="and"):
            return _all([_condition(one) for one in node.conditions])
        case Junction():
            return _any([_condition(one) for one in node.conditions])
        case Not():
            denied = _condition(node.condition)
            return lambda event: not denied(event)
        case Comparison():
            return _comparison(node)
        case Call(name="match", arguments=(text, Literal(value=str(glob)) as pattern)):
            return _match(text, glob, pattern.column)
        case Call():
            return _call(node)
    value = _value(node)
    return lambda event: value(event) is True


def _all(conditions: list[Condition]) -> Condition:
    if len(conditions) == 2:
        first, second = conditions
        return lambda event: first(event) and second(event)

    def every(event: Any) -> bool:
        for holds in conditions:  # noqa: SIM110 (a generator costs a third more)
            if not holds(event):
                return False
        return True

    return every


def _any(conditions: list[Condition]) -> Condition:
    if len(conditions) == 2:
        first, second = conditions
        return lambda event: first(event) or second(event)

    def some(event: Any) -> bool:
        for holds in conditions:  # noqa: SIM110
            if holds(event):
                return True
        return False

    return some


def _comparison(node: Comparison) -> Condition:
    left = _value(node.left)
    match node:
        case Comparison(operator="=", left=Path(keys=(key,)), right=Literal(value=str(text))):
            return lambda event: bool(event.get(key) == text)
        case Comparison(operator="=", right=Literal(value=wanted)):
            return _equals(left, wanted)
        case Comparison(operator="!=", right=Literal(value=None)):
            return lambda event: left(event) is not None
        case Comparison(operator="!=", right=Literal(value=str(text))):
            return lambda event: left(event) != text
        case Comparison(operator="in", right=Listing() as listing):
            return _in_listing(left, listing)
    right = _value(node.right)
    if node.operator == "=":
        return lambda event: same(left(event), right(event))
    if node.operator == "!=":
        return lambda event: _differ(left(event), right(event))
    if node.operator == "in":
        return lambda event: _is_in(left(event), right(event))
    return _ordered(_ORDERS[node.operator], left, right)


def _equals(left: Value, wanted: Any) -> Condition:
    if isinstance(wanted, str):
        return lambda event: bool(left(event) == wanted)
    if wanted is None or isinstance(wanted, bool):
        return lambda event: left(event) is wanted
    return lambda event: type(value := left(event)) in _NUMBERS and value == wanted


def _differ(one: Any, other: Any) -> bool:
    """A text that spells the number on the right does not differ from it, as at Segment."""
    if type(one) is str and type(other) in _NUMBERS:
        return bool(to_number(one) != other)
    return not same(one, other)


def _in_listing(left: Value, listing: Listing) -> Condition:
    """Membership of what is written out: texts, the usual case, by a set."""
    values = [one.value for one in listing.members if isinstance(one, Literal)]
    if len(values) == len(listing.members):
        texts = frozenset(value for value in values if isinstance(value, str))
        if all(isinstance(value, str) for value in values):
            return lambda event: type(value := left(event)) is str and value in texts
        return lambda event: _is_in(left(event), values)
    members = _value(listing)
    return lambda event: _is_in(left(event), members(event))


def _is_in(value: Any, members: Any) -> bool:
    return type(members) is list and any(same(value, member) for member in members)


def _ordered(order: Callable[[Any, Any], bool], left: Value, right: Value) -> Condition:
    """Numbers have an order; nothing else has one."""

    def holds(event: Any) -> bool:
        one, other = left(event), right(event)
        return bool(type(one) in _NUMBERS and type(other) in _NUMBERS and order(one, other))

    return holds


def _match(text: Node, glob: str, column: int) -> Condition:
    try:
        matches = globs.matcher(glob)
    except globs.BadGlobError as error:
        raise FqlError(
            f"The pattern at column {column} {error}.",
            column=column,
            hint="Put a \\ before *, ?, [ or ] to mean the character itself.",
        ) from None
    value_of = _value(text)
    return lambda event: type(value := value_of(event)) is str and matches(value)


def _call(node: Call) -> Value:
    run = FUNCTIONS[node.name].run
    arguments = [_value(one) for one in node.arguments]
    if len(arguments) == 1:
        only = arguments[0]
        return lambda event: run(only(event))
    first, second = arguments
    return lambda event: run(first(event), second(event))


def _value(node: Node) -> Value:
    match node:
        case Literal(value=value):
            return lambda _: value
        case Path():
            return _path(node.keys)
        case Listing():
            members = [_value(one) for one in node.members]
            return lambda event: [member(event) for member in members]
        case Call(name=name) if name != "match":
            return _call(node)
    return _condition(node)


def _path(keys: tuple[str, ...]) -> Value:
    first, *rest = keys
    if not rest:
        return lambda event: event.get(first)
    if len(rest) == 1:
        second = rest[0]

        def nested(event: Any) -> Any:
            inner = event.get(first)
            return inner.get(second) if type(inner) is dict else _step(inner, second)

        return nested

    def deep(event: Any) -> Any:
        value = event.get(first)
        for key in rest:
            value = value.get(key) if type(value) is dict else _step(value, key)
            if value is None:
                return None
        return value

    return deep


def _step(value: Any, key: str) -> Any:
    """What is under a key of something that is no plain dict; lists are counted from 0."""
    if isinstance(value, Mapping):
        return value.get(key)
    if type(value) is list and key.isdecimal() and len(key) < 10 and int(key) < len(value):
        return value[int(key)]
    return None
