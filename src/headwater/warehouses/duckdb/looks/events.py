"""Looks at single events: a page of them, the newest first, and one by its messageId.

A page is looked for in windows of time that reach ever further back, for the events stand in the
order of their receipt: what is common is found in the first, and only what is rare costs a scan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from headwater.errors import QueryLimitError
from headwater.kit.clock import isoformat, to_microseconds
from headwater.loading.model import Catalog, TableKey, events_key
from headwater.loading.standard import CALL_TABLES
from headwater.search.model import (
    EventLook,
    EventRows,
    EventsLook,
    EventsSeen,
    Row,
    StoredRow,
)
from headwater.warehouses.duckdb.export import COLUMNS, shaped
from headwater.warehouses.duckdb.looks.conditions import Conditions, people_of
from headwater.warehouses.duckdb.looks.running import Looker, looking
from headwater.warehouses.duckdb.sql import table_name, text
from headwater.warehouses.duckdb.warehouse import DuckDBWarehouse

_FIRST_WINDOW: Final = 1_000_000
_WIDER: Final = 8
_MOST_COPIES: Final = 20

_TIMES: Final = ("timestamp", "original_timestamp", "sent_at", "received_at")
SELECTED: Final = ", ".join(
    f'epoch_us("{name}") AS "{name}"' if name in _TIMES else f'"{name}"' for name in COLUMNS
)


def events(warehouse: DuckDBWarehouse, wanted: EventsLook) -> EventsSeen:
    """A page of events."""
    slugs = known_slugs(warehouse.catalog, wanted.slugs)
    if not slugs:
        return EventsSeen([])
    with looking(warehouse, seconds=wanted.seconds) as looker:
        people = people_of(looker, warehouse.catalog, slugs, wanted.person)
        return _page(looker, slugs, wanted, Conditions.of(wanted, people))


def known_slugs(catalog: Catalog, slugs: Iterable[str]) -> list[str]:
    """Those of the sources that have tables."""
    return [slug for slug in slugs if catalog.table(events_key(slug)) is not None]


def _page(
    looker: Looker, slugs: Sequence[str], wanted: EventsLook, conditions: Conditions
) -> EventsSeen:
    bounds = _bounds(looker, slugs)
    if bounds is None:
        return EventsSeen([])
    oldest, newest = bounds
    oldest = max(oldest, wanted.since if wanted.since is not None else oldest)
    end = min(newest, _last(wanted, newest))
    found: list[StoredRow] = []
    for start, stop in _windows(oldest, end):
        try:
            found += _window(looker, slugs, wanted, conditions, start, stop, len(found))
        except QueryLimitError:
            if stop == end:
                raise  # another page would begin here too
            return EventsSeen(found, back_to=stop + 1)
        if len(found) >= wanted.count:
            break
    return EventsSeen(found)


def _bounds(looker: Looker, slugs: Sequence[str]) -> tuple[int, int] | None:
    """The times of the oldest and the newest event."""
    parts = " UNION ALL ".join(
        f"SELECT min(received_at) AS low, max(received_at) AS high FROM {_events(slug)}"
        for slug in slugs
    )
    [row] = looker.rows(
        f"SELECT epoch_us(min(low)) AS low, epoch_us(max(high)) AS high FROM ({parts})"
    )
    low, high = row["low"], row["high"]
    return (low, high) if isinstance(low, int) and isinstance(high, int) else None


def _last(wanted: EventsLook, newest: int) -> int:
    """The newest time that can be on the page."""
    until = newest if wanted.until is None else wanted.until - 1
    return min(until, newest if wanted.after is None else wanted.after.received_at)


def _windows(oldest: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of time, both ends included, from `end` back to `oldest`, each wider than the last."""
    width = _FIRST_WINDOW
    while end >= oldest:
        start = max(oldest, end - width + 1)
        yield start, end
        end, width = start - 1, width * _WIDER


def _window(
    looker: Looker,
    slugs: Sequence[str],
    wanted: EventsLook,
    conditions: Conditions,
    start: int,
    stop: int,
    found: int,
) -> list[StoredRow]:
    values: dict[str, object] = dict(conditions.values)
    # Written out: of parameters it is not known in time which blocks of the table to pass over.
    where = [f"received_at BETWEEN make_timestamp({start}) AND make_timestamp({stop})"]
    where += conditions.where
    place = wanted.after if wanted.after is not None and wanted.after.received_at >= start else None
    if place is not None:
        values |= {
            "after_at": place.received_at,
            "after_id": place.message_id,
            "after_slug": place.slug,
        }
    count = wanted.count - found
    parts = " UNION ALL ".join(
        _newest(slug, [*where, *([_after(slug)] if place is not None else [])], count)
        for slug in slugs
    )
    sql = f'{parts} ORDER BY "received_at" DESC, id DESC, slug DESC LIMIT {count}'
    return [_stored(row) for row in looker.rows(sql, values)]


def _newest(slug: str, where: Sequence[str], count: int) -> str:
    """The newest events of a source: first which they are, so that only theirs are read whole."""
    return (
        f"SELECT {text(slug)} AS slug, {SELECTED} FROM {_events(slug)} WHERE rowid IN"
        f" (SELECT rowid FROM {_events(slug)} WHERE {' AND '.join(where)}"
        f" ORDER BY received_at DESC, id DESC LIMIT {count})"
    )


def _after(slug: str) -> str:
    """That an event of a source comes after the place that a page goes on from."""
    return f"(epoch_us(received_at), id, {text(slug)}) < ($after_at, $after_id, $after_slug)"


def _stored(row: Mapping[str, Any]) -> StoredRow:
    return StoredRow(
        slug=row["slug"],
        message_id=row["id"],
        type=row["type"],
        event=row["event_text"],
        name=row["name"],
        user_id=row["user_id"],
        anonymous_id=row["anonymous_id"],
        received_at=row["received_at"],
        timestamp=row["timestamp"],
        json=shaped(row),
    )


def event(warehouse: DuckDBWarehouse, wanted: EventLook) -> list[EventRows]:
    """The events with a messageId, each with its rows."""
    slugs = known_slugs(warehouse.catalog, wanted.slugs)
    if not slugs:
        return []
    # Written out, so that only the blocks that can hold it are read.
    moment = wanted.received_at
    at = "" if moment is None else f" AND received_at = make_timestamp({moment})"
    parts = " UNION ALL ".join(
        f"SELECT {text(slug)} AS slug, event AS event_slug, {SELECTED}"
        f" FROM {_events(slug)} WHERE id = $id{at}"
        for slug in slugs
    )
    sql = f'SELECT * FROM ({parts}) ORDER BY "received_at" LIMIT {_MOST_COPIES}'
    with looking(warehouse) as looker:
        return [
            EventRows(_stored(row), _rows(looker, warehouse.catalog, row))
            for row in looker.rows(sql, {"id": wanted.message_id})
        ]


def _rows(looker: Looker, catalog: Catalog, event: Mapping[str, Any]) -> list[Row]:
    """The rows of the typed tables that an event became."""
    key = TableKey(event["slug"], CALL_TABLES.get(event["type"]) or event["event_slug"] or "")
    keys = [key] if event["type"] != "track" else [TableKey(key.schema, "tracks"), key]
    found = []
    for each in keys:
        if catalog.table(each) is None:
            continue
        # The time is written out, so that only the blocks that can hold it are read.
        sql = (
            f"SELECT * FROM {table_name(each)} WHERE id = $id"
            f" AND received_at = make_timestamp({int(event['received_at'])}) LIMIT 1"
        )
        for row in looker.rows(sql, {"id": event["id"]}):
            shown = {name: plain(value) for name, value in row.items() if value is not None}
            found.append(Row(f"{each.schema}.{each.table}", shown))
    return found


def plain(value: object) -> object:
    """A value of DuckDB's as one of JSON's."""
    if isinstance(value, datetime):
        return isoformat(to_microseconds(value.replace(tzinfo=UTC)))
    return value


def _events(slug: str) -> str:
    return table_name(events_key(slug))
