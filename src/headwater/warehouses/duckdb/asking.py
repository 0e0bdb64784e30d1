"""Asking DuckDB: one guarded, resolved SELECT at a time on a cursor, within its limits.

An answer is written whole to a spool (memory, then a temporary file) before any of it is given
out: so an error is never half an answer, and a slow reader holds nothing in the database.
"""

import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from typing import IO, Any, Final, Protocol

import duckdb
import msgspec
import pyarrow as pa

from headwater.errors import (
    HeadwaterError,
    QueryCancelledError,
    QueryError,
    QueryLimitError,
    QueryRefusedError,
)
from headwater.queries.catalog import Catalog
from headwater.queries.guard import Guarded, Prefix, guard
from headwater.queries.model import Answer, Column, Question, Spooled, unique_names
from headwater.queries.parameters import bound
from headwater.queries.places import located
from headwater.queries.resolve import Resolved, resolve
from headwater.queries.rules import TableName
from headwater.queries.tree import check_tree, tables_of
from headwater.warehouses.duckdb.writing import columns_of, fit, named_schema, writer

_SPOOL_BYTES: Final = 4_000_000
_BATCH_ROWS: Final = 10_000
_INTERRUPT_EVERY_SECONDS: Final = 0.1
_NAMES_SQL: Final = (
    "SELECT DISTINCT table_name FROM information_schema.tables WHERE table_schema <> '_headwater'"
)


class Limits(msgspec.Struct, frozen=True):
    """What one question may use, and how many run at once."""

    max_rows: int
    timeout_seconds: float
    concurrency: int


class Workspaces(Protocol):
    """The open warehouses, by workspace."""

    def cursor(self, workspace_id: str) -> duckdb.DuckDBPyConnection:
        """A cursor of its own on a workspace's database. Raises WarehouseError."""
        ...

    def catalog(self, cursor: duckdb.DuckDBPyConnection, workspace_id: str) -> Catalog:
        """What a question on this cursor can name."""
        ...


class Asker:
    """Asks questions of the open warehouses; safe for several threads."""

    def __init__(self, workspaces: Workspaces, limits: Limits) -> None:
        self._workspaces = workspaces
        self._limits = limits
        self._slots = threading.BoundedSemaphore(limits.concurrency)
        self._running: dict[str, _Watch] = {}
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Spooled:
        """Answer a question. Blocks; the caller closes the answer's body.

        Raises QueryRefusedError, QueryLimitError, QueryCancelledError, QueryError.
        """
        put = bound(question.sql, question.parameters)
        try:
            return self._ask(guard(put.sql), question)
        except QueryError as error:
            error.position = put.place(error.position)
            raise

    def _ask(self, guarded: Guarded, question: Question) -> Spooled:
        timeout = min(
            question.timeout_seconds or self._limits.timeout_seconds, self._limits.timeout_seconds
        )
        rows = min(question.max_rows or self._limits.max_rows, self._limits.max_rows)
        watch = _Watch(timeout)
        with self._slot(watch, question.query_id):
            cursor = self._workspaces.cursor(question.workspace_id)
            try:
                with watch.over(cursor):
                    catalog = self._workspaces.catalog(cursor, question.workspace_id)
                    # Before the transaction, which a name that is looked up in vain would abort.
                    resolved = resolve(guarded, catalog)
                    _check(cursor, resolved)
                    with _snapshot(cursor):
                        return _spool(cursor, resolved, question, rows, watch)
            except duckdb.CatalogException as error:
                raise _at(_with_near_table(cursor, error), str(error), guarded) from None
            except duckdb.Error as error:
                raise _at(watch.explain(error), str(error), guarded) from None
            except QueryRefusedError as error:
                raise _at(error, error.message, guarded) from None
            finally:
                cursor.close()

    def cancel(self, query_id: str) -> bool:
        """Stop the question of this id. False when none of it runs or waits."""
        with self._lock:
            watch = self._running.get(query_id)
        if watch is None:
            return False
        watch.cancel()
        return True

    @contextmanager
    def _slot(self, watch: "_Watch", query_id: str) -> Iterator[None]:
        if query_id:
            with self._lock:
                if query_id in self._running:
                    raise QueryError(
                        f"A question with the id {query_id} runs already.",
                        hint="Give each question an id of its own.",
                        code="query_id_taken",
                    )
                self._running[query_id] = watch
        try:
            if not self._slots.acquire(timeout=watch.remaining()):
                raise QueryLimitError(
                    f"{self._limits.concurrency} questions are running, and none ended in time.",
                    hint="Ask again later, or raise query_concurrency.",
                )
            try:
                watch.check()
                yield
            finally:
                self._slots.release()
        finally:
            if query_id:
                with self._lock:
                    self._running.pop(query_id, None)


class _Watch:
    """Interrupts a question when its time is over or its asker no longer wants it."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self._wake = threading.Event()
        self._done = threading.Event()
        self._cancelled = False

    def remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def cancel(self) -> None:
        self._cancelled = True
        self._wake.set()

    def check(self) -> None:
        """Raise QueryCancelledError or QueryLimitError when it is over."""
        if self._cancelled:
            raise QueryCancelledError("The question was cancelled.")
        if not self.remaining():
            raise QueryLimitError(
                f"The question took longer than {self._timeout:g} s.",
                hint="Ask for less (WHERE timestamp > …), or raise query_timeout_seconds.",
            )

    @contextmanager
    def over(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Watch what runs on a cursor."""
        thread = threading.Thread(target=self._watch, args=(cursor,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            self._wake.set()
            thread.join()

    def _watch(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._wake.wait(self.remaining())
        # An interrupt between two statements is lost, so it is repeated until the end.
        while not self._done.is_set():
            cursor.interrupt()
            self._done.wait(_INTERRUPT_EVERY_SECONDS)

    def explain(self, error: duckdb.Error) -> HeadwaterError:
        """DuckDB's error as ours."""
        if isinstance(error, duckdb.InterruptException):
            try:
                self.check()
            except QueryError as reason:
                return reason
        return explain(error)


def _at(error: HeadwaterError, message: str, guarded: Guarded) -> HeadwaterError:
    """The error with its place in what was asked, where the message names a word of it."""
    if isinstance(error, QueryError) and located(error, message, guarded.tokens).position:
        error.position = (error.position or 0) + guarded.skipped
    return error


def explain(error: duckdb.Error) -> HeadwaterError:
    """DuckDB's error as ours: its first line is the message, what it suggests the hint."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryLimitError(
            "The question needs more memory than the warehouse may use.",
            hint="Ask for less (fewer rows, groups or columns), or raise warehouse_memory.",
        )
    text = str(error)
    # The excerpt after LINE shows the resolved text, which is not what was asked.
    text = re.split(r"\n+LINE \d+:", text)[0].strip()
    first, _, rest = text.partition("\n")
    message = re.sub(r"^[A-Z][\w ]*Error: ", "", first).strip().rstrip(".:!")
    hint = " ".join(line.strip() for line in rest.splitlines() if line.strip())
    return QueryError(f"The question failed: {message}.", hint=hint[:1000])


def _with_near_table(cursor: duckdb.DuckDBPyConnection, error: duckdb.Error) -> HeadwaterError:
    """An error about an unknown table with the nearest of those that may be asked."""
    found = re.search(r"Table with name (\S+) does not exist", str(error))
    if found is None:
        return explain(error)
    rows = cursor.execute(_NAMES_SQL).fetchall()
    near = get_close_matches(found[1].lower(), [str(row[0]) for row in rows], n=1)
    hint = f"Did you mean {near[0]}?" if near else "SHOW TABLES lists what can be asked."
    return QueryError(f"The question failed: there is no table {found[1]}.", hint=hint)


@contextmanager
def _snapshot(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One consistent state for all of a question, which nothing in it can write to."""
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        yield
    finally:
        with suppress(duckdb.Error):
            cursor.execute("ROLLBACK")


def _check(cursor: duckdb.DuckDBPyConnection, resolved: Resolved) -> None:
    granted: set[TableName] = set()
    for relation in resolved.relations:
        granted |= tables_of(_serialized(cursor, f"SELECT * FROM {relation}"))
    check_tree(_serialized(cursor, resolved.sql), granted=granted)


def _serialized(cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
    rows = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    return str(rows[0][0])


def _spool(
    cursor: duckdb.DuckDBPyConnection,
    resolved: Resolved,
    question: Question,
    max_rows: int,
    watch: _Watch,
) -> Spooled:
    relation = cursor.sql(f"{resolved.prefix.value} {resolved.sql}")
    names = list(relation.columns)
    if resolved.prefix is Prefix.NONE:
        for position, title in resolved.titles.items():
            names[position] = title
    types = [str(kind) for kind in relation.types]
    columns = [Column(n, t) for n, t in zip(unique_names(names), types, strict=True)]
    body: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115
    try:
        # One row more than wanted tells whether there are more.
        with _reader(relation.limit(max_rows + 1)) as reader:
            schema = named_schema(reader.schema, columns)
            rows = writer(question.format, body, question.sql, schema)
            total, truncated = 0, False
            for batch in reader:
                watch.check()
                if truncated := total + batch.num_rows > max_rows:
                    batch = batch.slice(0, max_rows - total)
                rows.write(fit(batch, schema))
                total += batch.num_rows
            rows.close(total=total, truncated=truncated)
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return Spooled(Answer(columns_of(schema), total, truncated, question.format), body)


def _reader(relation: Any) -> pa.RecordBatchReader:
    read: Callable[[int], pa.RecordBatchReader]
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    return read(_BATCH_ROWS)
