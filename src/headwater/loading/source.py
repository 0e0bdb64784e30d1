"""One source's events become rows of its tables."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec
import pyarrow as pa

from headwater.loading.grouping import Group, Order, event_slugs, grouped
from headwater.loading.learning import Learning, refused_values
from headwater.loading.losses import Lost
from headwater.loading.model import Column, Origin, TableKey, events_key
from headwater.loading.people import newest
from headwater.loading.shape import Room, shape
from headwater.loading.shaped import UnreadableError
from headwater.loading.standard import (
    CALL_TABLES,
    EVENTS_COLUMNS,
    MERGED_TABLES,
    OWN_MEMBERS,
    STANDARD_COLUMNS,
    TRACK_COLUMNS,
)

Keyed = tuple[TableKey, pa.Table]
Merged = tuple[TableKey, pa.Table, pa.ChunkedArray]

_RENAMED: Final = {"id": "message_id", "event_text": "event"}
"""The standard columns that the accepted events have by another name."""

_IDS: Final = {"identifies": "user_id", "groups": "group_id"}


class UnloadableError(Exception):
    """Rows of a source (numbered in order of arrival) that cannot be loaded, and why."""

    def __init__(self, slug: str, rows: dict[int, str]) -> None:
        super().__init__(f"{len(rows)} events of {slug} cannot be loaded")
        self.slug = slug
        self.rows = rows


class SourceRows(msgspec.Struct, frozen=True):
    """The rows of one source, by table; of `users` and `accounts` those to merge."""

    rows: list[Keyed]
    users: list[Merged]
    accounts: list[Merged]


def load_source(slug: str, events: pa.RecordBatch, learning: Learning) -> SourceRows:
    """The rows of a source's events (columns of spec.accepted, at least one row), in order of
    arrival. What they need of the catalogue goes to `learning`. Raises UnloadableError.
    """
    learning.meet_source(slug)
    room = Room(learning.catalog, learning.limits, learning.learn)
    context, lost = _context(slug, events, room)
    shown = ((TableKey(slug, _shown_in(events, item.row)), item) for item in lost)
    learning.regret(shown, events["message_id"], events["received_at"])
    slugs = event_slugs(events["event"])
    order, groups = grouped(slug, events, learning)
    held = {name: events[name] for name in events.schema.names if name not in ("context", "rest")}
    held["slug"] = slugs
    arrived = {"event": slugs, **context}
    result = SourceRows([(events_key(slug), _events_rows(events, arrived))], [], [])
    if order is not None:
        indices = pa.array(order)
        held = {name: values.take(indices) for name, values in held.items()}
        context = {name: values.take(indices) for name, values in context.items()}
    _show_in_tracks(slug, groups, context, learning)
    for group in groups:
        if group.table == "":
            continue
        part = {n: v.slice(group.start, group.end - group.start) for n, v in held.items()}
        try:
            rows = _typed_rows(TableKey(slug, group.table), part, room, learning)
        except UnreadableError as error:
            where = {_arrival(order, group.start + row): why for row, why in error.rows.items()}
            raise UnloadableError(slug, where) from None
        _put(result, slug, group, rows, context, learning)
    return result


def _arrival(order: Order | None, row: int) -> int:
    return row if order is None else int(order[row])


def _context(
    slug: str, events: pa.RecordBatch, room: Room
) -> tuple[dict[str, pa.Array], list[Lost]]:
    """The context columns of all rows. Each distinct context is read once, while all of it fits."""
    coded = events["context"].dictionary_encode()
    if len(coded.dictionary) > len(events) // 2:
        return _every_context(slug, events, room)
    try:
        columns, lost = shape(coded.dictionary, events_key(slug), Origin.CONTEXT, {}, room)
    except UnreadableError as error:
        codes = coded.indices.to_pylist()
        found = {row: error.rows[code] for row, code in enumerate(codes) if code in error.rows}
        raise UnloadableError(slug, found) from None
    if lost:
        return _every_context(slug, events, room)
    return {name: values.take(coded.indices) for name, values in columns.items()}, []


def _every_context(
    slug: str, events: pa.RecordBatch, room: Room
) -> tuple[dict[str, pa.Array], list[Lost]]:
    group = partial(_shown_in, events)
    try:
        return shape(events["context"], events_key(slug), Origin.CONTEXT, {}, room, group)
    except UnreadableError as error:
        raise UnloadableError(slug, error.rows) from None


def _shown_in(events: pa.RecordBatch, row: int) -> str:
    """The table in which a person would look for the context of an event."""
    return CALL_TABLES.get(events["type"][row].as_py(), "tracks")


def _events_rows(events: pa.RecordBatch, extra: Mapping[str, pa.Array]) -> pa.Table:
    columns = dict(extra)
    for column in EVENTS_COLUMNS:
        if column.name not in columns:
            columns[column.name] = events[_RENAMED.get(column.name, column.name)]
    return pa.table(columns)


def _show_in_tracks(
    slug: str, groups: list[Group], context: Mapping[str, pa.Array], learning: Learning
) -> None:
    """Have `tracks` show the context columns that these track events fill."""
    calls = CALL_TABLES.values()
    starts = [group.start for group in groups if group.table not in calls]
    if starts:
        key = TableKey(slug, "tracks")
        for name, values in context.items():
            part = values.slice(starts[0])
            if part.null_count < len(part):
                learning.meet_column(key, _column(events_key(slug), name, learning))


def _column(key: TableKey, name: str, learning: Learning) -> Column:
    table = learning.catalog.table(key)
    assert table is not None
    return table.columns[name]


def _typed_rows(
    key: TableKey, part: Mapping[str, pa.Array], room: Room, learning: Learning
) -> dict[str, pa.Array]:
    """The standard and the property columns of rows that go to one table."""
    own = {name: part[name].to_pylist() for name in OWN_MEMBERS.get(key.table, ())}
    properties, lost = shape(part["properties"], key, Origin.PROPERTIES, own, room)
    learning.regret([(key, item) for item in lost], part["message_id"], part["received_at"])
    columns: dict[str, pa.Array] = {}
    for column in STANDARD_COLUMNS.get(key.table, TRACK_COLUMNS):
        if column.name in own:
            columns[column.name] = pa.array(own[column.name], pa.string())
        elif column.name == "event":
            columns["event"] = part["slug"]
        else:
            columns[column.name] = part[_RENAMED.get(column.name, column.name)]
    return columns | properties


def _put(
    result: SourceRows,
    slug: str,
    group: Group,
    columns: dict[str, pa.Array],
    context: Mapping[str, pa.Array],
    learning: Learning,
) -> None:
    """Give a table its rows, with the context columns that they fill, and merge persons."""
    key = TableKey(slug, group.table)
    for name, values in context.items():
        part = values.slice(group.start, group.end - group.start)
        if part.null_count == len(part):
            continue
        if learning.meet_column(key, _column(events_key(slug), name, learning)):
            columns[name] = part
        else:
            lost = [(key, item) for item in refused_values(name, part)]
            learning.regret(lost, columns["id"], columns["received_at"])
    rows = pa.table(columns)
    result.rows.append((key, rows))
    if group.table in MERGED_TABLES:
        merged = _merged(key, rows, learning)
        if merged is not None:
            people = result.users if group.table == "identifies" else result.accounts
            people.append(merged)


def _merged(key: TableKey, rows: pa.Table, learning: Learning) -> Merged | None:
    standard = {column.name for column in STANDARD_COLUMNS[key.table]}
    kept = [name for name in rows.column_names if name not in standard]
    found = newest(rows.select([_IDS[key.table], "received_at", *kept]), _IDS[key.table])
    if found is None:
        return None
    people, oldest = found
    target = TableKey(key.schema, MERGED_TABLES[key.table])
    shown = [
        name
        for name in people.column_names
        if name in ("id", "received_at")
        or learning.meet_column(target, _column(key, name, learning))
    ]
    return target, people.select(shown), oldest
