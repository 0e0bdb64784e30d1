"""What code is made of: the calls of a plan, and the shapes of what they send."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

Kind = Literal[
    "any", "string", "integer", "number", "boolean", "time", "date", "enum", "list", "object",
    "map", "union",
]  # fmt: skip
Language = Literal["python", "typescript", "go"]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The type of a value. `words` are what an object or an enumeration can be named by."""

    kind: Kind
    is_nullable: bool = False
    values: tuple[Any, ...] = ()
    items: "Shape | None" = None
    fields: "tuple[Field, ...]" = ()
    options: "tuple[Shape, ...]" = ()
    words: tuple[str, ...] = ()


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A property, by the name that it is sent by."""

    name: str
    shape: Shape
    is_required: bool
    description: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A function that is made: of a track event, or of all calls of a type. `suffix` tells older
    versions apart."""

    type: Literal["track", "identify", "group", "page", "screen"]
    event: str
    version: int
    suffix: str
    description: str
    body: Shape

    @property
    def words(self) -> str:
        return (self.event or self.type) + self.suffix

    @property
    def needs_body(self) -> bool:
        """Whether it cannot be sent without properties."""
        return any(field.is_required for field in self.body.fields)


class Code(msgspec.Struct, frozen=True):
    """The files that were made, by name."""

    files: Mapping[str, str]
    calls: Sequence[Call]
