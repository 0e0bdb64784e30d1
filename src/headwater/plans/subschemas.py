"""A JSON Schema's parts: the schemas in it, each with its path, and what following all references
amounts to."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]

_ONE: Final = (
    *("items", "additionalItems", "additionalProperties", "contains", "propertyNames"),
    *("not", "if", "then", "else"),
)
_LISTS: Final = ("items", "allOf", "anyOf", "oneOf")
_MAPS: Final = ("properties", "patternProperties", "dependencies")
_ASIDE: Final = ("definitions",)
"""Held, and applied only where something refers to them."""


def children(schema: object, *, aside: bool = False) -> Iterator[tuple[Path, Any]]:
    """The schemas right in a schema, by their paths; those in `definitions` too, if `aside`."""
    if not isinstance(schema, dict):
        return
    for keyword in _ONE:
        if isinstance(schema.get(keyword), dict | bool):
            yield (keyword,), schema[keyword]
    for keyword in _LISTS:
        if isinstance(schema.get(keyword), list):
            for index, each in enumerate(schema[keyword]):
                yield (keyword, index), each
    for keyword in (*_MAPS, *_ASIDE) if aside else _MAPS:
        if isinstance(schema.get(keyword), dict):
            for name, each in schema[keyword].items():
                if isinstance(each, dict | bool):
                    yield (keyword, name), each


def walk(schema: object, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A schema and all schemas in it."""
    yield path, schema
    for inner, each in children(schema, aside=True):
        yield from walk(each, path + inner)


def resolved(root: object, reference: str) -> Any:
    """What a reference within the document names. Raises LookupError."""
    if reference == "#":
        return root
    if not reference.startswith("#/"):
        raise LookupError(reference)
    found: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list):
            if not key.isdecimal() or int(key[:9]) >= len(found):
                raise LookupError(reference)
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            raise LookupError(reference)
    return found


class Endless(Exception):  # noqa: N818 - it ends a search
    """A reference leads back to where it stands, or too far."""

    def __init__(self, reference: str) -> None:
        self.reference = reference


_FARTHEST: Final = 200


def expanded(root: Any) -> int:
    """How many schemas there are once every reference is written out.

    Raises Endless, and LookupError for what is referred to and not there.
    """
    known: dict[str, tuple[int, int] | None] = {}

    def measured(schema: Any, level: int) -> tuple[int, int]:
        """The schemas, and the levels, of one."""
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            inner = [measured(each, level + 1) for _, each in children(schema)]
            return 1 + sum(n for n, _ in inner), 1 + max((high for _, high in inner), default=0)
        if reference not in known:
            if level > _FARTHEST:
                raise Endless(reference)
            known[reference] = None
            count, height = measured(resolved(root, reference), level + 1)
            known[reference] = count + 1, height + 1
        found = known[reference]
        if found is None or level + found[1] > _FARTHEST:
            raise Endless(reference)
        return found

    return measured(root, 0)[0]


def dotted(path: Path) -> str:
    """A path as messages name it: `properties.products.items`."""
    return ".".join(map(str, path))


def members(schema: object) -> Mapping[str, Any]:
    """The schemas of an object's members, by their names."""
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}
