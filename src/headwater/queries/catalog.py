"""What the asker must know of a warehouse to resolve a question: its tables and event views."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

Columns = Mapping[str, str]
"""Columns in lower case, in order, each with its type as DuckDB names it."""

SHAPE: Final[Columns] = MappingProxyType(
    {
        "messageid": "VARCHAR",
        "type": "VARCHAR",
        "event": "VARCHAR",
        "userid": "VARCHAR",
        "anonymousid": "VARCHAR",
        "timestamp": "TIMESTAMP",
        "receivedat": "TIMESTAMP",
        "properties": "JSON",
        "context": "JSON",
    }
)
"""The columns of an event view (CONTRACT of the SQL surface), in lower case."""


class EventRelation(msgspec.Struct, frozen=True):
    """The other two readings of an event view beside its own shape.

    `typed` is SQL that may stand in FROM (a name, or a SELECT in parentheses) and has `columns`:
    the Segment columns and messageId, userId, anonymousId, receivedAt. `full` has SHAPE's others
    too. Both may name internal tables.
    """

    name: str
    columns: Columns
    typed: str
    full: str


class Catalog(Protocol):
    """The tables of one workspace, as they are now."""

    def event(self, name: str) -> EventRelation | None:
        """The event view of this name (in any letter case); None where there is none."""
        ...

    def columns(self, schema: str, table: str) -> Columns | None:
        """The columns of a table or view; None where there is none. `schema` may be empty."""
        ...
