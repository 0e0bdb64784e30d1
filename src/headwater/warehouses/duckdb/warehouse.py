"""One workspace's warehouse in one DuckDB file: loading it, whole batches at a time."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import xxhash

from headwater.errors import WarehouseRefusedError, WarehouseStaleError
from headwater.loading.model import (
    INTERNAL_SCHEMA,
    AccountRows,
    AddColumn,
    Catalog,
    Change,
    ColumnType,
    CreateTable,
    Failed,
    NameEvent,
    Prepared,
    Quarantined,
    Replaced,
    TableKey,
    UserRows,
    Violated,
    WidenColumn,
)
from headwater.loading.replacing import Standing
from headwater.ports import Positions, Tally
from headwater.spec.quarantined import QuarantinedEvent
from headwater.spec.reasons import Reason
from headwater.syncing.model import Subject
from headwater.warehouses.duckdb import (
    conflicts,
    merging,
    people,
    replacing,
    store,
    violations,
)
from headwater.warehouses.duckdb.engine import Tuning, connect, duckdb_errors
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name
from headwater.warehouses.duckdb.views import all_views, changed_views

_TIME = pa.timestamp("us")
_WIDENED = (ColumnType.INTEGER, ColumnType.FLOAT)


class Load(msgspec.Struct, frozen=True):
    """All that one transaction does: prepared rows, what the pipeline kept aside or found wrong,
    the slugs of the sources, and how far the streams have been read with it."""

    prepared: Prepared
    quarantined: Sequence[Quarantined]
    sources: Mapping[str, str]
    positions: Mapping[str, Positions]
    replaced: Replaced | None = None
    violations: Sequence[Violated] = ()


class DuckDBWarehouse:
    """An open warehouse. One thread loads; any number of cursors ask."""

    def __init__(self, path: Path, tuning: Tuning, *, read_only: bool = False) -> None:
        """Open the file, made where it is missing. Raises WarehouseError."""
        self.path = path
        self._connection = connect(path, tuning, read_only=read_only)
        self._lock = threading.Lock()
        self._merging = threading.Lock()
        self.merges = 0
        with duckdb_errors():
            if not read_only:
                self._prepare()
            self._catalog = store.catalog(self._connection)

    def _prepare(self) -> None:
        with self._transaction() as connection:
            store.prepare(connection)
            for statement in all_views(store.catalog(connection)):
                connection.execute(statement)
            merging.prepare(connection)

    @property
    def catalog(self) -> Catalog:
        """The tables as of the last committed load."""
        return self._catalog

    def load(self, load: Load) -> None:
        """Carry out a load in one transaction: all is kept, or none. Raises WarehouseError."""
        with duckdb_errors(), self._lock:
            self._require(load.prepared.base)
            with self._transaction() as connection:
                self._carry_out(connection, load)
            self._catalog = load.prepared.catalog

    def _require(self, base: Catalog) -> None:
        """Raise WarehouseStaleError where the tables are no longer those of this catalogue."""
        if base is not self._catalog:
            raise WarehouseStaleError(
                "The warehouse's tables were changed in the meantime.", hint="Try again."
            )

    def refusal(self, prepared: Prepared) -> WarehouseRefusedError | None:
        """Why these rows cannot be loaded, tried in a transaction that is taken back.

        Raises WarehouseError where that cannot be told, for the machine is at fault.
        """
        try:
            with duckdb_errors(), self._lock:
                self._require(prepared.base)
                self._connection.begin()
                try:
                    self._carry_out(self._connection, Load(prepared, [], {}, {}))
                finally:
                    _roll_back(self._connection)
        except WarehouseRefusedError as error:
            return error
        return None

    def _carry_out(self, connection: duckdb.DuckDBPyConnection, load: Load) -> None:
        prepared = load.prepared
        _alter(connection, self._catalog, prepared.catalog, prepared.changes)
        persons: replacing.Persons | None = None
        if load.replaced is not None:
            persons = replacing.remove(connection, self._catalog, load.replaced)
        for rows in prepared.rows:
            store.append(connection, table_name(rows.key), rows.rows)
        come: list[UserRows | AccountRows] = [*prepared.users, *prepared.accounts]
        if persons is not None:
            replacing.make_persons_anew(connection, persons, come)
        else:
            for those in come:
                people.merge(connection, those)
        conflicts.keep(connection, prepared.conflicts)
        _append_quarantine(connection, [*load.quarantined, *map(_kept_aside, prepared.failed)])
        violations.append(connection, load.violations)
        store.keep_sources(connection, load.sources)
        store.keep_tallies(connection, prepared.tallies)
        store.keep_positions(connection, load.positions)

    @contextmanager
    def altering(self) -> Iterator["Alteration"]:
        """Alter tables outside of a load, in one transaction. Raises WarehouseError."""
        with duckdb_errors(), self._lock:
            with self._transaction() as connection:
                alteration = Alteration(connection, self._catalog.draft())
                yield alteration
            self._catalog = alteration.catalog

    def note(self, sql: str, values: Mapping[str, object]) -> None:
        """Carry out a small change of rows outside of a load. Raises WarehouseError."""
        with duckdb_errors(), self._lock, self._transaction() as connection:
            connection.execute(sql, values)

    def merge(self, rules: merging.Rules) -> int:
        """Put the next rows of `people` and `organizations` together, by these sync rules, beside
        loading. Returns how many; 0 when nothing waits. Raises WarehouseError."""
        done = 0
        with self._merging, self.reading() as cursor:
            for subject in Subject:
                catalog = self.begin(cursor)
                try:
                    done += merging.keep(cursor, catalog, subject, rules.get(subject, {}))
                    cursor.commit()
                except BaseException:
                    _roll_back(cursor)
                    raise
        self.merges += bool(done)
        return done

    def begin(self, cursor: duckdb.DuckDBPyConnection) -> Catalog:
        """Begin a transaction between loads. Returns the catalogue of the tables that it sees."""
        with self._lock:
            cursor.begin()
            cursor.execute("SELECT 1 FROM _headwater.merged_by")
            return self._catalog

    def standing(self, source_id: str, slug: str, ids: Sequence[str]) -> Standing:
        """What a source has of these messageIds. Raises WarehouseError."""
        with self.reading() as cursor:
            return replacing.standing(cursor, self._catalog, source_id, slug, ids)

    def positions(self) -> Mapping[str, Positions]:
        """How far each stream was loaded."""
        with self.reading() as cursor:
            return store.positions(cursor)

    def sources(self) -> dict[str, str]:
        """The slug of each source that ever had events here, by its id."""
        with self.reading() as cursor:
            return store.sources(cursor)

    def account(self) -> tuple[Mapping[str, Positions], list[Tally]]:
        """Positions and counts of one moment."""
        with self.reading() as cursor:
            cursor.begin()
            try:
                return store.positions(cursor), store.tallies(cursor)
            finally:
                cursor.rollback()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to this database; the caller closes it. Raises WarehouseError."""
        with duckdb_errors():
            return self._connection.cursor()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose errors are WarehouseErrors."""
        with duckdb_errors():
            cursor = self._connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file. Raises WarehouseError."""
        # Not while another transaction writes, which DuckDB refuses.
        with duckdb_errors(), self._merging, self._lock:
            store.compact_tallies(self._connection)
            self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._connection
        connection.begin()
        try:
            yield connection
        except BaseException:
            _roll_back(connection)
            raise
        try:
            connection.commit()
        except BaseException:
            _roll_back(connection)
            raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except duckdb.Error:
        return  # a failed commit has rolled back already


class Alteration:
    """Tables under change, with the transaction that all of it is done in."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self.connection = connection
        self.catalog = catalog

    def make(self, changes: Sequence[Change]) -> None:
        """Make changes of tables, and know of them."""
        before = self.catalog.draft()
        for change in changes:
            self.catalog.apply(change)
        _alter(self.connection, before, self.catalog, changes)


def _alter(
    connection: duckdb.DuckDBPyConnection,
    before: Catalog,
    after: Catalog,
    changes: Sequence[Change],
) -> None:
    """Make the tables as the catalogue `after` has them, and keep it."""
    if not changes:
        return
    for change in changes:
        for statement in statements(before, change):
            connection.execute(statement)
    touched = [change.key for change in changes if not isinstance(change, NameEvent)]
    store.keep_tables(connection, after, touched)
    store.keep_names(connection, [c for c in changes if isinstance(c, NameEvent)])
    for statement in changed_views(after, changes):
        connection.execute(statement)


def statements(catalog: Catalog, change: Change) -> Iterator[str]:
    """The SQL of a change. `catalog` is the one before it; views are made elsewhere."""
    match change:
        case CreateTable(key, columns, view):
            yield f"CREATE SCHEMA IF NOT EXISTS {quoted(key.schema)}"
            if not view:
                listed = ", ".join(f"{quoted(c.name)} {TYPES[c.type]}" for c in columns)
                yield f"CREATE TABLE {table_name(key)}({listed})"
        case AddColumn(key, column) if not _is_view(key):
            name = quoted(column.name)
            yield f"ALTER TABLE {table_name(key)} ADD COLUMN {name} {TYPES[column.type]}"
        case WidenColumn(key, name, kind) if not _is_view(key):
            before = catalog.table(key)
            is_widened = before is not None and (before.columns[name].type, kind) == _WIDENED
            # Anything else is a repair, which fills the column anew from what was sent.
            value = quoted(name) if is_widened else "NULL"
            yield (
                f"ALTER TABLE {table_name(key)} ALTER COLUMN {quoted(name)}"
                f" SET DATA TYPE {TYPES[kind]} USING CAST({value} AS {TYPES[kind]})"
            )
        case _:
            return


def _is_view(key: TableKey) -> bool:
    return key.table == "tracks" and key.schema != INTERNAL_SCHEMA


def _kept_aside(failed: Failed) -> Quarantined:
    return Quarantined(
        failed.source_id,
        failed.slug,
        QuarantinedEvent(
            reason=Reason.LOAD_FAILED,
            detail=failed.detail,
            received_at=failed.received_at,
            message_id=failed.message_id,
            type=failed.type,
            event=failed.event,
            raw=failed.raw,
            key=xxhash.xxh3_128_hexdigest(
                f"{failed.source_id}\0{failed.message_id}\0{failed.received_at}".encode()
            ),
        ),
    )


def _append_quarantine(
    connection: duckdb.DuckDBPyConnection, events: Sequence[Quarantined]
) -> None:
    if not events:
        return
    rows = pa.table(
        {
            "id": [each.event.message_id for each in events],
            "source": [each.slug for each in events],
            "source_id": [each.source_id for each in events],
            "received_at": pa.array([each.event.received_at for each in events], _TIME),
            "reason": [each.event.reason for each in events],
            "detail": [each.event.detail for each in events],
            "type": [each.event.type for each in events],
            "event": [each.event.event for each in events],
            "raw": [each.event.raw for each in events],
            "key": [each.event.key for each in events],
            "envelope": [each.event.envelope or None for each in events],
        }
    )
    store.append(connection, store.QUARANTINE, rows)
