"""The state database through SQLAlchemy: SQLite in the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from headwater.errors import HeadwaterError

FILE_NAME: Final = "state.db"
_BUSY_MILLISECONDS = 10_000


class SqlDatabase:
    """A state database, for any number of threads. See headwater.ports.Database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            # A transaction that read first could not be written in once another had written.
            connection = connection.execution_options(headwater_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        self._engine.dispose()


def sqlite_database(data_dir: Path) -> SqlDatabase:
    """The database of a data folder, made when missing. Migrate it before use.

    Write-ahead logging with full syncs; foreign keys are kept; the file is its owner's alone.
    """
    path = data_dir / FILE_NAME
    path.touch(mode=0o600)
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return SqlDatabase(engine)


def _configure(connection: Any, _: object) -> None:
    # The driver's own transactions are switched off: `_begin` says when one starts.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("headwater_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def integrity_problems(database: SqlDatabase) -> list[str]:
    """What the database itself finds wrong with its file; empty when all is well."""
    try:
        with database.reading() as connection:
            found = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check")]
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    except DBAPIError as error:
        raise HeadwaterError(
            f"The state database cannot be read: {error.orig}.",
            hint="Restore the data folder from a backup.",
        ) from error
    return [text for text in found if text != "ok"] + [
        f"{row[0]}: row {row[1]} refers to a missing row of {row[2]}" for row in broken
    ]
