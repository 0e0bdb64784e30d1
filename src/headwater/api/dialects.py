"""The query of a call, in each of the ways in which clients write lists and objects into it.

A query holds text alone, so every client has its own notation for the rest:

| who | object | list | list of objects |
| --- | --- | --- | --- |
| npm | `pagination[count]=2` | `emails[0]=a` | `rules[0][type]=TRACK` |
| documents, curl | `pagination.count=2` | `emails.0=a` | – |
| Go, Terraform | `pagination[count]=2` | `emails.0=a` | `rules.0[type]=TRACK` |
| Python | `pagination={"count": 2}` | `emails=a&emails=b` | `rules={'type': 'TRACK'}` |

All are taken, mixed too. What a parameter is, the struct that it is read into says: so one value
is a list of one where a list is wanted.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from headwater.errors import InvalidError

MOST_PARAMETERS: Final = 10_000
DEEPEST: Final = 6

_NAME = re.compile(r"(?P<first>[^.\[\]]+)(?P<rest>(?:\.[^.\[\]]+|\[[^\[\]]*\])*)")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\[\]]*)\]")
_LISTS: Final = (
    inspect.ListType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.CollectionType,
    inspect.VarTupleType,
)
_OBJECTS: Final = (inspect.StructType, inspect.DictType)

_T = TypeVar("_T")


@dataclass
class _Node:
    """What a name was given: texts of its own, and members by their names."""

    texts: list[str] = field(default_factory=list)
    members: "dict[str, _Node]" = field(default_factory=dict)


def read(parameters: Iterable[tuple[str, str]], kind: type[_T]) -> _T:
    """The decoded parameters of a query as a struct. Raises InvalidError, which names one."""
    given = _shaped("", _tree(parameters), inspect.type_info(kind))
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise refusal(error, "The query", code="invalid_parameter") from error


def refusal(error: msgspec.ValidationError, where: str, *, code: str) -> InvalidError:
    """A value that does not fit, told of with the field that it stands in.

    >>> str(refusal(msgspec.ValidationError("Expected `int` - at `$.a.count`"), "", code=""))
    'a.count: Expected `int`.'
    """
    text, _, place = str(error).partition(" - at ")
    path = place.strip("`").removeprefix("key` in `").removeprefix("$").lstrip(".")
    if missing := re.match(r"Object missing required field `(.+?)`", text):
        path = f"{path}.{missing[1]}".lstrip(".")
    return InvalidError(f"{path or where}: {text}.", field=path, code=code)


def _tree(parameters: Iterable[tuple[str, str]]) -> _Node:
    root = _Node()
    for number, (name, text) in enumerate(parameters):
        if number >= MOST_PARAMETERS:
            raise InvalidError(f"The query has more than {MOST_PARAMETERS:,} parameters.")
        node = root
        for step in _steps(name):
            node = node.members.setdefault(step, _Node())
        node.texts.append(text)
    return root


def _steps(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:
        return [name]
    steps = [match["first"], *(dotted or braced for dotted, braced in _STEP.findall(match["rest"]))]
    if len(steps) > DEEPEST:
        raise InvalidError(f"{match['first']}: is nested deeper than {DEEPEST} levels.")
    return steps


def _shaped(name: str, node: _Node, kind: inspect.Type | None) -> Any:
    """The node as the type wants it; texts stay texts, to be converted by the type's own rules."""
    kind = _wanted(kind)
    if isinstance(kind, _LISTS):
        return _list(name, node, kind.item_type)
    if isinstance(kind, _OBJECTS):
        return _object(name, node, kind)
    if node.members or not node.texts:
        if kind is None:
            return None  # of no parameter that is known
        raise InvalidError(f"{name}: takes one value.", field=name, code="invalid_parameter")
    return node.texts[-1]


def _wanted(kind: inspect.Type | None) -> inspect.Type | None:
    """The type without its annotations, and without the None that it also admits."""
    if isinstance(kind, inspect.Metadata):
        return _wanted(kind.type)
    if isinstance(kind, inspect.UnionType):
        some = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        return _wanted(some[0]) if len(some) == 1 else kind
    return kind


def _list(name: str, node: _Node, item: inspect.Type) -> list[Any]:
    found: list[Any] = []
    for text in node.texts:
        value = _literal(text)
        if isinstance(value, list):
            found += value
        else:
            found.append(value if isinstance(_wanted(item), _OBJECTS) else text)
    for number in sorted(node.members, key=lambda step: _place(name, step)):
        member = node.members[number]
        if number:
            found.append(_shaped(f"{name}.{number}", member, item))
        else:  # `emails[]=a&emails[]=b`
            found += _list(name, member, item)
    return found


def _place(name: str, step: str) -> int:
    if step and not (step.isdecimal() and len(step) < 10):
        raise InvalidError(f"{name}: is a list, and {step[:40]!r} is no place in it.", field=name)
    return int(step or 0)


def _object(name: str, node: _Node, kind: inspect.Type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in node.texts:
        value = _literal(text)
        if not isinstance(value, dict):
            raise InvalidError(
                f"{name}: takes an object, such as {name}[…]=… or {name}={{…}}.",
                field=name,
                code="invalid_parameter",
            )
        found |= value
    members = _members(kind)
    for step, member in node.members.items():
        inner = f"{name}.{step}" if name else step
        value = _shaped(inner, member, members.get(step, members.get("")))
        if value is not None:
            found[step] = value
    return found


def _members(kind: inspect.Type) -> Mapping[str, inspect.Type]:
    """The types of an object's members; of all of them under the empty name."""
    if isinstance(kind, inspect.StructType):
        return {each.encode_name: each.type for each in kind.fields}
    return {"": kind.value_type} if isinstance(kind, inspect.DictType) else {}


def _literal(text: str) -> object:
    """What a text says in JSON or in Python's own notation; the text itself where it is neither."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
