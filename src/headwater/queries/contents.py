"""What a warehouse holds: its tables and columns, how full and how fresh they are, what misfits."""

from enum import StrEnum

import msgspec


class TableKind(StrEnum):
    """What stands behind a name that can be asked."""

    TABLE = "table"
    """A source's own table, in the source's schema."""
    UNION = "union"
    """A table over all sources of the workspace."""
    EVENTS = "events"
    """A view in the event's own shape."""
    KEPT = "kept"
    """What was kept aside: quarantine and type conflicts."""


class TableFacts(msgspec.Struct, frozen=True, rename="camel"):
    """A table or view: `newest` is its newest `received_at` (ISO 8601), None where it is empty."""

    schema: str
    name: str
    kind: TableKind
    rows: int
    newest: str | None
    columns: int

    @property
    def path(self) -> str:
        """The name by which a question finds it."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"


class ConflictFacts(msgspec.Struct, frozen=True, rename="camel"):
    """Values that a column did not take, for one reason. `suggestion` is the type that would take
    them all, None where another type is no remedy."""

    schema: str
    table: str
    column: str
    reason: str
    type: str | None
    events: int
    latest: str
    examples: tuple[str, ...]
    suggestion: str | None


class EventName(msgspec.Struct, frozen=True, rename="camel"):
    """A track event's name as sent, and the table that holds it."""

    schema: str
    event: str
    table: str


class Contents(msgspec.Struct, frozen=True, rename="camel"):
    """A whole warehouse. `bytes` is its file's size, with what is still to be written into it."""

    engine: str
    bytes: int
    newest: str | None
    events: int
    tables: tuple[TableFacts, ...]
    conflicts: tuple[ConflictFacts, ...]
    names: tuple[EventName, ...]


class ColumnFacts(msgspec.Struct, frozen=True, rename="camel"):
    """A column: `origin` is `standard`, `properties`, `context`, or empty in a view; `paths` are
    the keys that fill it; `filled` how many rows have a value, None where it was not counted."""

    name: str
    type: str
    origin: str
    paths: tuple[str, ...]
    filled: int | None


class TableDetail(msgspec.Struct, frozen=True, rename="camel"):
    """One table with its columns. `bytes` is None for views, which have no room of their own."""

    facts: TableFacts
    columns: tuple[ColumnFacts, ...]
    bytes: int | None
    names: tuple[str, ...]
    conflicts: tuple[ConflictFacts, ...]
