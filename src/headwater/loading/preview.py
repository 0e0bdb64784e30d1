"""What the warehouse would make of an event, by the loader's own code."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from headwater.kit.clock import isoformat
from headwater.loading.model import (
    INTERNAL_SCHEMA,
    Catalog,
    Conflict,
    Limits,
    Prepared,
    SourceBatch,
    TableKey,
)
from headwater.loading.prepare import prepare
from headwater.loading.raw import RawEventError, accepted

_SLUG = "preview"


class Preview:
    """Shows events' rows one after the other.

    Each event meets an empty warehouse, or with `together` the columns that those before it made.
    """

    def __init__(self, *, together: bool = False, limits: Limits | None = None) -> None:
        self._together = together
        self._limits = limits or Limits()
        self._catalog = Catalog()

    def show(self, event: Mapping[str, Any] | str | bytes, *, now: int) -> dict[str, Any]:
        """`{"tables": {table: {column: value}}}`, or `{"error": why}` for what cannot be rows.

        `event` is in Segment's common shape, as an object or its JSON text; `now` stands for a
        missing receivedAt (microseconds since the epoch). Times are ISO 8601 text. Where values
        got no place in a column, `conflicts` says which and why.
        """
        try:
            batch = accepted(_object(event), now=now)
        except (RawEventError, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            return {"error": str(error)}
        loaded = prepare([SourceBatch(_SLUG, _SLUG, 0, batch)], self._catalog, self._limits)
        if loaded.failed:
            return {"error": loaded.failed[0].detail}
        if self._together:
            self._catalog = loaded.catalog
        tables = {key.table: _first_row(rows) for key, rows in _shown(loaded)}
        conflicts = [_conflict(each) for each in loaded.conflicts]
        return {"tables": tables, **({"conflicts": conflicts} if conflicts else {})}


def preview(event: Mapping[str, Any] | str | bytes, *, now: int) -> dict[str, Any]:
    """What one event would become in an empty warehouse; see Preview.show."""
    return Preview().show(event, now=now)


def _object(event: Mapping[str, Any] | str | bytes) -> Mapping[str, Any]:
    # Encoded and decoded, so that an object holds only what JSON can say.
    text = event if isinstance(event, str | bytes) else msgspec.json.encode(event)
    decoded = msgspec.json.decode(text)
    if not isinstance(decoded, dict):
        raise RawEventError("the event must be a JSON object")
    return decoded


def _shown(loaded: Prepared) -> Iterator[tuple[TableKey, pa.Table]]:
    """The typed rows, and for a track event the row that the view `tracks` shows."""
    for each in loaded.rows:
        if each.key.schema != INTERNAL_SCHEMA:
            yield each.key, each.rows
        elif each.rows["type"][0].as_py() == "track":
            key = TableKey(_SLUG, "tracks")
            table = loaded.catalog.table(key)
            assert table is not None
            yield key, each.rows.select([n for n in table.columns if n in each.rows.column_names])
    for user in loaded.users:
        yield user.key, user.rows
    for account in loaded.accounts:
        yield account.key, account.rows


def _first_row(rows: pa.Table) -> dict[str, Any]:
    return {name: _plain(value) for name, value in rows.slice(0, 1).to_pylist()[0].items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return isoformat(pa.scalar(value, pa.timestamp("us")).cast(pa.int64()).as_py())
    return value


def _conflict(conflict: Conflict) -> dict[str, Any]:
    noted: dict[str, Any] = {
        "table": conflict.table,
        "column": conflict.column,
        "value": conflict.value,
        "reason": conflict.reason.value,
    }
    # One event can have more values over a limit than are noted one by one.
    return noted if conflict.value is not None else noted | {"count": conflict.count}
