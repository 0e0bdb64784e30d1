"""What a filter says, as a tree."""

import msgspec

Scalar = str | int | float | bool | None


class Literal(msgspec.Struct, frozen=True):
    """A value that is written out."""

    value: Scalar
    column: int


class Path(msgspec.Struct, frozen=True):
    """A field of the event."""

    keys: tuple[str, ...]
    column: int


class Listing(msgspec.Struct, frozen=True):
    """`[…]`."""

    members: tuple["Node", ...]
    column: int


class Call(msgspec.Struct, frozen=True):
    """A function and its arguments."""

    name: str
    arguments: tuple["Node", ...]
    column: int


class Comparison(msgspec.Struct, frozen=True):
    """Two values with =, !=, <, <=, >, >= or `in` between them."""

    operator: str
    left: "Node"
    right: "Node"
    column: int


class Not(msgspec.Struct, frozen=True):
    """`!`."""

    condition: "Node"
    column: int


class Junction(msgspec.Struct, frozen=True):
    """Conditions joined by `and` or by `or`."""

    word: str
    conditions: tuple["Node", ...]
    column: int


Node = Literal | Path | Listing | Call | Comparison | Not | Junction
