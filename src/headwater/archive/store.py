"""The archive's catalogue in the state database. All work in the caller's transaction."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert

from headwater.archive.model import ArchiveFile, ArchiveSize
from headwater.archive.tables import FILES, POSITIONS
from headwater.ports import Positions

_MOST_HOMES: Final = 500


def positions(connection: Connection) -> dict[str, int]:
    """Up to where each partition of the collected stream is archived."""
    return {row.partition: row.position for row in connection.execute(select(POSITIONS))}


def add(connection: Connection, files: Iterable[ArchiveFile], reached: Positions) -> None:
    """Take files into the archive, and note how far it has come with them."""
    for file in files:
        connection.execute(insert(FILES).values(**msgspec.structs.asdict(file)))
    for partition, position in reached.items():
        statement = upsert(POSITIONS).values(partition=partition, position=position)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[POSITIONS.c.partition], set_={"position": position}
            )
        )


def replace(
    connection: Connection, merged: Iterable[ArchiveFile], paths: Sequence[str], now: int
) -> None:
    """Take files in for others, which may still be read for a while."""
    remove(connection, paths, now)
    add(connection, merged, {})


def remove(connection: Connection, paths: Sequence[str], now: int) -> None:
    """Take files out of the archive; `forget` them when they are deleted."""
    connection.execute(update(FILES).where(FILES.c.path.in_(paths)).values(removed_at=now))


def forget(connection: Connection, paths: Sequence[str]) -> None:
    """Note that files are deleted."""
    connection.execute(delete(FILES).where(FILES.c.path.in_(paths)))


def files(
    connection: Connection,
    source_ids: Collection[str] | None = None,
    since: int | None = None,
    until: int | None = None,
) -> list[ArchiveFile]:
    """The files that hold requests of these sources and this time, the earliest first."""
    wanted = select(FILES).where(FILES.c.removed_at.is_(None))
    if source_ids is not None:
        wanted = wanted.where(FILES.c.source_id.in_(list(source_ids)))
    if since is not None:
        wanted = wanted.where(FILES.c.last_at >= since)
    if until is not None:
        wanted = wanted.where(FILES.c.first_at < until)
    return _files(connection, wanted.order_by(FILES.c.first_at, FILES.c.path))


def small(connection: Connection, received_bytes: int) -> list[ArchiveFile]:
    """The files that hold less than so much and are not alone, those that belong together side by
    side: of some sources and days."""
    home = (FILES.c.source_id, FILES.c.day, FILES.c.partition)
    is_small = FILES.c.removed_at.is_(None) & (FILES.c.received_bytes < received_bytes)
    several = (
        select(*home)
        .where(is_small)
        .group_by(*home)
        .having(func.count() > 1)
        .order_by(FILES.c.day)
        .limit(_MOST_HOMES)
    )
    wanted = (
        select(FILES)
        .where(is_small, tuple_(*home).in_(several))
        .order_by(*home, FILES.c.first_position)
    )
    return _files(connection, wanted)


def past(connection: Connection, before: int) -> list[str]:
    """The files whose last request was received before a time."""
    wanted = select(FILES.c.path).where(FILES.c.removed_at.is_(None), FILES.c.last_at < before)
    return list(connection.scalars(wanted))


def removed(connection: Connection, before: int) -> list[str]:
    """The files that were taken out before a time and are not deleted."""
    return list(connection.scalars(select(FILES.c.path).where(FILES.c.removed_at < before)))


def size(connection: Connection, source_ids: Collection[str] | None = None) -> ArchiveSize:
    """How much the archive holds of these sources (None: of all)."""
    wanted = select(
        func.count().label("files"),
        func.coalesce(func.sum(FILES.c.requests), 0).label("requests"),
        func.coalesce(func.sum(FILES.c.events), 0).label("events"),
        func.coalesce(func.sum(FILES.c.received_bytes), 0).label("received_bytes"),
        func.coalesce(func.sum(FILES.c.bytes), 0).label("bytes"),
        func.min(FILES.c.first_at).label("first_at"),
        func.max(FILES.c.last_at).label("last_at"),
    ).where(FILES.c.removed_at.is_(None))
    if source_ids is not None:
        wanted = wanted.where(FILES.c.source_id.in_(list(source_ids)))
    return ArchiveSize(**connection.execute(wanted).mappings().one())


def _files(connection: Connection, wanted: Select[Any]) -> list[ArchiveFile]:
    return [ArchiveFile(**row) for row in connection.execute(wanted).mappings()]
