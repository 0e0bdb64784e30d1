"""What a question can name, looked up in DuckDB as the question needs it."""

from collections.abc import Callable

import duckdb

from headwater.queries.catalog import Columns, EventRelation
from headwater.queries.paths import identifier

EventLookup = Callable[[str], EventRelation | None]


class CursorCatalog:
    """The tables as a cursor sees them; `event_of` knows the event views."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, event_of: EventLookup) -> None:
        self._cursor = cursor
        self._event_of = event_of

    def event(self, name: str) -> EventRelation | None:
        return self._event_of(name.lower())

    def columns(self, schema: str, table: str) -> Columns | None:
        # DESCRIBE costs the same however many tables there are; the catalogue's views do not.
        named = f"{identifier(schema or 'main')}.{identifier(table)}"
        try:
            rows = self._cursor.execute(f"DESCRIBE SELECT * FROM {named}").fetchall()
        except (duckdb.CatalogException, duckdb.BinderException):
            return None
        return {str(row[0]).lower(): str(row[1]) for row in rows}
