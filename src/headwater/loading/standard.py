"""The tables that every source has from the start, and their standard columns.

Sources of the rules: Segment's "Warehouse Schemas", and the columns that published dbt packages
read. Every standard table has all of its standard columns, null or not.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from headwater.loading.model import Column, ColumnType, CreateTable, TableKey, events_key

_COMMON = (
    Column("id", ColumnType.TEXT),
    Column("anonymous_id", ColumnType.TEXT),
    Column("user_id", ColumnType.TEXT),
    Column("original_timestamp", ColumnType.TIME),
    Column("sent_at", ColumnType.TIME),
    Column("received_at", ColumnType.TIME),
    Column("timestamp", ColumnType.TIME),
)
_EVENT = (Column("event", ColumnType.TEXT), Column("event_text", ColumnType.TEXT))
_PERSON = (Column("id", ColumnType.TEXT), Column("received_at", ColumnType.TIME))

TRACK_COLUMNS: Final = _COMMON + _EVENT
"""The standard columns of `tracks` and of each track event's table."""

CALL_TABLES: Final[Mapping[str, str]] = {
    "identify": "identifies",
    "page": "pages",
    "screen": "screens",
    "group": "groups",
    "alias": "aliases",
}
"""The table of each type of call but track, whose table goes by the event's name."""

MERGED_TABLES: Final[Mapping[str, str]] = {"identifies": "users", "groups": "accounts"}
"""The table that keeps the newest state of what the calls of another describe."""

STANDARD_COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "tracks": TRACK_COLUMNS,
    "identifies": _COMMON,
    "users": _PERSON,
    "pages": (*_COMMON, Column("name", ColumnType.TEXT), Column("category", ColumnType.TEXT)),
    "screens": (*_COMMON, Column("name", ColumnType.TEXT), Column("category", ColumnType.TEXT)),
    "groups": (*_COMMON, Column("group_id", ColumnType.TEXT)),
    "accounts": _PERSON,
    "aliases": (*_COMMON, Column("previous_id", ColumnType.TEXT)),
}

OWN_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "pages": ("name", "category"),
    "screens": ("name", "category"),
}
"""The members of a call that a property of the same key may stand for."""

EVENTS_COLUMNS: Final = (
    Column("id", ColumnType.TEXT),
    Column("type", ColumnType.TEXT),
    Column("event", ColumnType.TEXT),
    Column("event_text", ColumnType.TEXT),
    Column("name", ColumnType.TEXT),
    Column("category", ColumnType.TEXT),
    Column("user_id", ColumnType.TEXT),
    Column("anonymous_id", ColumnType.TEXT),
    Column("group_id", ColumnType.TEXT),
    Column("previous_id", ColumnType.TEXT),
    Column("timestamp", ColumnType.TIME),
    Column("original_timestamp", ColumnType.TIME),
    Column("sent_at", ColumnType.TIME),
    Column("received_at", ColumnType.TIME),
    Column("properties", ColumnType.JSON),
    Column("context", ColumnType.JSON),
    Column("rest", ColumnType.JSON),
)
"""The standard columns of the internal events table."""


def source_tables(slug: str) -> Iterator[CreateTable]:
    """The tables of a new source, also those that no call has filled yet."""
    yield CreateTable(events_key(slug), EVENTS_COLUMNS)
    for table, columns in STANDARD_COLUMNS.items():
        yield CreateTable(TableKey(slug, table), columns, view=table == "tracks")


def event_table(slug: str, table: str) -> CreateTable:
    """The table of a track event."""
    return CreateTable(TableKey(slug, table), TRACK_COLUMNS)
