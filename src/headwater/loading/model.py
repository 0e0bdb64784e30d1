"""What loading reads and writes: a workspace's catalogue, its changes, and rows ready to insert.

`prepare` (loading.prepare) never alters the catalogue it is given: `Prepared.catalog` is the one to
go on with once the warehouse has committed the rest of `Prepared`; after a failed transaction keep
the old one and nothing else need be undone. Catalogues share their unchanged tables.

How a warehouse takes a `Prepared`: carry out `changes` in order, persist the catalogue rows of the
tables that they name (`Catalog.column_rows`, `Catalog.event_names`), insert `rows` BY NAME (columns
that a batch of rows lacks are null), merge `users` and `accounts`, append `conflicts` and `failed`,
add up `tallies`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
import pyarrow as pa

from headwater.ports import Tally
from headwater.spec.quarantined import QuarantinedEvent
from headwater.spec.violations import Violation

INTERNAL_SCHEMA: Final = "_headwater"

Path = tuple[str, ...]
"""The keys that lead to a value, from the top of `properties` (or traits) or of `context`."""


class ColumnType(StrEnum):
    """What a column holds; the same five as Segment's, and JSON for the objects kept whole."""

    TEXT = "text"
    INTEGER = "integer"
    """64 bits, signed."""
    FLOAT = "float"
    """64 bits, IEEE 754."""
    BOOLEAN = "boolean"
    TIME = "time"
    """Microseconds in UTC, without a zone."""
    JSON = "json"
    """The text of a JSON object; only in the internal events table."""


ARROW_TYPES: Final[Mapping[ColumnType, pa.DataType]] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.FLOAT: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIME: pa.timestamp("us"),
    ColumnType.JSON: pa.string(),
}


class Origin(StrEnum):
    """What part of the event fills a column."""

    STANDARD = "standard"
    CONTEXT = "context"
    PROPERTIES = "properties"
    """Also the traits of identify and group."""


class Column(msgspec.Struct, frozen=True):
    """A column: `paths` are all keys that fill it (none for standard columns), in order of
    precedence where an event has several of them (`fooBar` and `foo_bar` share one column).

    `loose` says that values of several kinds were seen, so that the fast path takes any.
    """

    name: str
    type: ColumnType
    origin: Origin = Origin.STANDARD
    paths: tuple[Path, ...] = ()
    loose: bool = False


class TableKey(msgspec.Struct, frozen=True, order=True):
    """Where a table stands: `schema` is the source's slug, or INTERNAL_SCHEMA."""

    schema: str
    table: str


def events_key(slug: str) -> TableKey:
    """The internal table that holds every event of a source."""
    return TableKey(INTERNAL_SCHEMA, f"events_{slug}")


class Table(msgspec.Struct, frozen=True, eq=False):
    """A table and its columns by name. A `view` has no rows of its own: `tracks` shows the track
    events of the internal events table, in those columns that a track event ever filled."""

    key: TableKey
    columns: Mapping[str, Column]
    view: bool = False


class CreateTable(msgspec.Struct, frozen=True):
    """A table comes to be, with its standard columns."""

    key: TableKey
    columns: tuple[Column, ...]
    view: bool = False


class AddColumn(msgspec.Struct, frozen=True):
    """A column is added, null in the rows that there are. On a view: shown from now on."""

    key: TableKey
    column: Column


class WidenColumn(msgspec.Struct, frozen=True):
    """A column's type changes and its values are cast. Loading itself only ever widens INTEGER to
    FLOAT; a repair may ask for more. On a view: follows its table."""

    key: TableKey
    column: str
    type: ColumnType


class AlterColumn(msgspec.Struct, frozen=True):
    """A column's `paths` or `loose` changed: only the catalogue's row of it is new."""

    key: TableKey
    column: Column


class NameEvent(msgspec.Struct, frozen=True):
    """A track event's name as sent was first seen, and `table` is the table that holds it."""

    slug: str
    event: str
    table: str


Change = CreateTable | AddColumn | WidenColumn | AlterColumn | NameEvent


class ColumnRow(msgspec.Struct, frozen=True):
    """A column as the warehouse persists it: plain values; `paths` is JSON text."""

    schema: str
    table: str
    view: bool
    column: str
    type: str
    origin: str
    paths: str
    loose: bool


_PATHS = msgspec.json.Decoder(tuple[Path, ...])


class Catalog:
    """All tables of a workspace and the names of its events. Altered only through `apply`."""

    def __init__(self) -> None:
        self._tables: dict[TableKey, Table] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._event_tables: dict[str, frozenset[str]] = {}
        self.recall: dict[tuple[TableKey, Origin], Any] = {}
        """What loading keeps from call to call for speed alone; drafts share it."""

    def draft(self) -> "Catalog":
        """A copy to alter; this one stays as it is."""
        copy = Catalog()
        copy._tables = dict(self._tables)
        copy._names = dict(self._names)
        copy._event_tables = dict(self._event_tables)
        copy.recall = self.recall
        return copy

    def table(self, key: TableKey) -> Table | None:
        return self._tables.get(key)

    def tables(self) -> Iterator[Table]:
        """Every table, views and internal ones too, in the order of their creation."""
        return iter(self._tables.values())

    def event_table(self, slug: str, event: str) -> str | None:
        """The table of a track event by its name as sent; None when it was never seen."""
        return self._names.get((slug, event))

    def event_tables(self, slug: str) -> frozenset[str]:
        """The tables of a source's track events."""
        return self._event_tables.get(slug, frozenset())

    def event_names(self) -> Iterator[NameEvent]:
        """Every track event's name as sent, with its source and table."""
        for (slug, event), table in self._names.items():
            yield NameEvent(slug, event, table)

    def apply(self, change: Change) -> None:
        """Alter the catalogue by one change. KeyError when it names an unknown table."""
        match change:
            case CreateTable(key, columns, view):
                self._tables[key] = Table(key, {column.name: column for column in columns}, view)
            case AddColumn(key, column) | AlterColumn(key, column):
                self._put(key, column)
            case WidenColumn(key, name, kind):
                column = self._tables[key].columns[name]
                self._put(key, msgspec.structs.replace(column, type=kind))
            case NameEvent(slug, event, table):
                self._names[slug, event] = table
                self._event_tables[slug] = self.event_tables(slug) | {table}

    def _put(self, key: TableKey, column: Column) -> None:
        table = self._tables[key]
        columns = {**table.columns, column.name: column}
        self._tables[key] = Table(key, columns, table.view)

    def column_rows(self, keys: Iterable[TableKey] | None = None) -> Iterator[ColumnRow]:
        """The rows to persist, of these tables or of all; read back by `restore`."""
        for key in self._tables if keys is None else keys:
            table = self._tables[key]
            for column in table.columns.values():
                yield ColumnRow(
                    schema=key.schema,
                    table=key.table,
                    view=table.view,
                    column=column.name,
                    type=column.type.value,
                    origin=column.origin.value,
                    paths=msgspec.json.encode(column.paths).decode(),
                    loose=column.loose,
                )

    @classmethod
    def restore(cls, rows: Iterable[ColumnRow], names: Iterable[NameEvent]) -> "Catalog":
        """The catalogue of persisted rows (columns in their order) and event names."""
        catalog = cls()
        columns: dict[TableKey, dict[str, Column]] = {}
        views: set[TableKey] = set()
        for row in rows:
            key = TableKey(row.schema, row.table)
            columns.setdefault(key, {})[row.column] = Column(
                row.column,
                ColumnType(row.type),
                Origin(row.origin),
                _PATHS.decode(row.paths),
                row.loose,
            )
            if row.view:
                views.add(key)
        for key, held in columns.items():
            catalog._tables[key] = Table(key, held, key in views)
        for name in names:
            catalog.apply(name)
        return catalog


class Limits(msgspec.Struct, frozen=True):
    """How many columns a table and how many event tables a source may have."""

    max_columns: int = 1000
    max_event_tables: int = 500


class SourceBatch(msgspec.Struct, frozen=True):
    """Some accepted events of one source and hour (columns of spec.accepted.SCHEMA)."""

    source_id: str
    slug: str
    hour: int
    events: pa.RecordBatch


class TableRows(msgspec.Struct, frozen=True):
    """Rows to append, in order of arrival. Columns have the catalogue's names and types; those
    that are null in all of these rows may be left out: insert BY NAME."""

    key: TableKey
    rows: pa.Table


class UserRows(msgspec.Struct, frozen=True):
    """Rows to merge into a source's `users`, one for each `id`: the newest non-null value of each
    column in these events, and the newest `received_at`. Merge with the stored row column by
    column: the row with the newer `received_at` wins where it is not null. Where `oldest`, which
    is when the first of a row's events was received, is before the stored row's `received_at`,
    that cannot be told from the two rows."""

    key: TableKey
    rows: pa.Table
    oldest: pa.ChunkedArray


class AccountRows(msgspec.Struct, frozen=True):
    """As UserRows, for `accounts`: `id` is the group's."""

    key: TableKey
    rows: pa.Table
    oldest: pa.ChunkedArray


class ConflictReason(StrEnum):
    """Why a value is not in a typed column."""

    TYPE = "type"
    """It does not fit the column's type."""
    COLUMN_LIMIT = "column_limit"
    """The table has as many columns as it may."""
    TABLE_LIMIT = "table_limit"
    """The source has as many event tables as it may; `column` is empty, `value` the event."""
    NAME_COLLISION = "name_collision"
    """Another key of the same event has the same column."""


class Conflict(msgspec.Struct, frozen=True):
    """A value that stayed in the event's JSON alone. `table` is the one that a person would look
    in (`tracks`, not the internal one, for the context of a track event).

    Without a value it stands for `count` further ones of its place (see loading.losses).
    """

    schema: str
    table: str
    column: str
    row_id: str | None
    value: str | None
    """The value as JSON text."""
    received_at: int
    """Microseconds since the epoch."""
    reason: ConflictReason
    count: int = 1


class Failed(msgspec.Struct, frozen=True):
    """An event that cannot become a row: it goes to quarantine (reason load_failed)."""

    source_id: str
    slug: str
    hour: int
    message_id: str
    type: str
    event: str
    received_at: int
    detail: str
    raw: str
    """The event as JSON, as far as it can be put together."""


class Quarantined(msgspec.Struct, frozen=True):
    """An event that was kept aside, for the table `quarantine`, and the source it came from."""

    source_id: str
    slug: str
    event: QuarantinedEvent


class Violated(msgspec.Struct, frozen=True):
    """A violation of a tracking plan, for the table `plan_violations`, and its source."""

    source_id: str
    slug: str
    violation: Violation


class Replaced(msgspec.Struct, frozen=True):
    """What gives way to rows that are loaded in its place: by slug the messageIds that go, each
    with the time of its receipt. `released` are keys of quarantine that are loaded now."""

    removed: Mapping[str, Mapping[str, int]] = {}
    released: Sequence[str] = ()


class Prepared(msgspec.Struct, frozen=True):
    """All that one load does, ready to be carried out in one transaction.

    `tallies` has LOADED for each source and hour, and QUARANTINED (load_failed) for `failed`.
    `base` is the catalogue that it was prepared from: the warehouse must still have that one.
    """

    catalog: Catalog
    changes: Sequence[Change]
    rows: Sequence[TableRows]
    users: Sequence[UserRows]
    accounts: Sequence[AccountRows]
    conflicts: Sequence[Conflict]
    failed: Sequence[Failed]
    tallies: Sequence[Tally]
    base: Catalog
