"""Opening a DuckDB file: one process owns it, loads it and answers from it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb
import msgspec
import pyarrow as pa

from headwater.errors import WarehouseError, WarehouseLostError, WarehouseRefusedError

_MACHINE: Final = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.ConnectionException,
    duckdb.InterruptException,
)
_LOST_SIGNS: Final = ("invalidated", "INTERNAL Error")
_SPILL_SHARE: Final = "10GB"


class Tuning(msgspec.Struct, frozen=True):
    """How much of the machine a database may use. `threads` 0 takes every core."""

    memory: str = "256MB"
    threads: int = 0
    wal_bytes: int = 67_108_864


def connect(path: Path, tuning: Tuning, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database file, made where it is missing. Raises WarehouseError.

    Nothing outside the file can be reached from its connections, nor the settings changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    spill = path.with_suffix(".spill")
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": tuning.memory,
        "temp_directory": str(spill),
        "max_temp_directory_size": _SPILL_SHARE,
        "checkpoint_threshold": f"{tuning.wal_bytes}B",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    if tuning.threads:
        config["threads"] = tuning.threads
    with duckdb_errors():
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
        # Else a naive time meets an aware one (now(), JSON's texts) in the machine's own zone.
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    """Have Arrow tables answer to names in the statements of this connection."""
    try:
        for name, rows in tables.items():
            connection.register(name, rows)
        yield
    except BaseException:
        # An aborted transaction refuses this too, and must not hide why it was aborted.
        with suppress(duckdb.Error):
            _unregister(connection, tables)
        raise
    _unregister(connection, tables)


def _unregister(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    for name in names:
        connection.unregister(name)


@contextmanager
def duckdb_errors() -> Iterator[None]:
    """DuckDB's errors as WarehouseError and its kinds."""
    try:
        yield
    except duckdb.Error as error:
        raise _kind(error)(
            f"The warehouse failed: {str(error).strip()}",
            hint="Look at the disk's free space; the loader tries again by itself.",
        ) from error


def _kind(error: duckdb.Error) -> type[WarehouseError]:
    if isinstance(error, duckdb.FatalException | duckdb.InternalException) or any(
        sign in str(error) for sign in _LOST_SIGNS
    ):
        return WarehouseLostError
    return WarehouseError if isinstance(error, _MACHINE) else WarehouseRefusedError
