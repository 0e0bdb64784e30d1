"""Senders of webhook sources in the state database. All functions work in the caller's
transaction."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from headwater.webhooks.model import Sender
from headwater.webhooks.tables import SENDERS
from headwater.workspaces.store import raise_version


def sender(connection: Connection, source_id: str) -> Sender | None:
    """The sender of a source; None where none is set."""
    return senders(connection, source_id).get(source_id)


def senders(connection: Connection, source_id: str = "") -> Mapping[str, Sender]:
    """The senders of all sources, or of one, by the sources' ids."""
    statement = select(SENDERS.c.source_id, SENDERS.c.preset, SENDERS.c.sealed, SENDERS.c.mapping)
    if source_id:
        statement = statement.where(SENDERS.c.source_id == source_id)
    return {
        row.source_id: Sender(row.preset, row.sealed, mapping=row.mapping)
        for row in connection.execute(statement)
    }


def put(connection: Connection, source_id: str, sender: Sender, now: int) -> None:
    remove(connection, source_id)
    values = {
        "preset": sender.preset,
        "sealed": sender.sealed,
        "mapping": sender.mapping,
        "updated_at": now,
    }
    connection.execute(insert(SENDERS).values(source_id=source_id, **values))
    raise_version(connection)


def remove(connection: Connection, source_id: str) -> None:
    connection.execute(delete(SENDERS).where(SENDERS.c.source_id == source_id))
    raise_version(connection)
