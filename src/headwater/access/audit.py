"""The audit trail: every change and every read of personal data, who, and before and after.

Each entry's hash covers its content and the hash of the entry before it, so a changed, removed or
inserted entry breaks the chain from there on. Entries cut off the end leave a chain that fits:
that is noticed by the head, which is kept where the database is not. (Whoever can write both can
make a whole new chain: copy the head elsewhere now and then to notice that too.)
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, insert, select

from headwater.access.tables import AUDIT

_FIRST: Final = "0" * 64
_LATER: Final = ("actor_name", "subject_name")
"""Columns that came after the first entries: where they are empty, no hash covers them."""


class Change(msgspec.Struct, frozen=True):
    """What was done: `before` and `after` are the subject's values, None where it was not.

    Never hand in a secret: what stands in the trail stays there.
    """

    action: str
    subject: str
    subject_id: str
    before: object = None
    after: object = None
    name: str = ""
    """What people know the subject by."""


def created(subject: str, subject_id: str, after: object, *, name: str = "") -> Change:
    return Change(f"{subject} Created", subject, subject_id, after=after, name=name)


def modified(
    subject: str, subject_id: str, before: object, after: object, *, name: str = ""
) -> Change:
    return Change(f"{subject} Modified", subject, subject_id, before, after, name)


def deleted(subject: str, subject_id: str, before: object, *, name: str = "") -> Change:
    return Change(f"{subject} Deleted", subject, subject_id, before=before, name=name)


class Head(msgspec.Struct, frozen=True):
    """The end of the trail at some time: so many entries, the last with this hash."""

    number: int
    hash: str


class Entry(msgspec.Struct, frozen=True):
    """One link of the chain. `before` and `after` are JSON texts."""

    number: int
    at: int
    workspace_id: str
    actor: str
    action: str
    subject: str
    subject_id: str
    before: str | None
    after: str | None
    previous_hash: str
    hash: str = ""
    actor_name: str = ""
    subject_name: str = ""

    @property
    def head(self) -> Head:
        return Head(self.number, self.hash)

    def computed_hash(self) -> str:
        """The hash that this entry must bear."""
        content = msgspec.structs.asdict(self) | {"hash": ""}
        for name in _LATER:
            if not content[name]:
                del content[name]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def record(
    connection: Connection,
    change: Change,
    *,
    actor: str,
    workspace_id: str,
    now: int,
    actor_name: str = "",
) -> Entry:
    """Append a change to the trail, in the transaction that makes it."""
    last = head(connection)
    entry = Entry(
        number=1 if last is None else last.number + 1,
        at=now,
        workspace_id=workspace_id,
        actor=actor,
        action=change.action,
        subject=change.subject,
        subject_id=change.subject_id,
        before=_json(change.before),
        after=_json(change.after),
        previous_hash=_FIRST if last is None else last.hash,
        actor_name=actor_name,
        subject_name=change.name,
    )
    entry = msgspec.structs.replace(entry, hash=entry.computed_hash())
    connection.execute(insert(AUDIT).values(**msgspec.structs.asdict(entry)))
    return entry


def head(connection: Connection) -> Head | None:
    """The end of the trail; None while it is empty."""
    row = connection.execute(
        select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)
    ).first()
    return None if row is None else Head(row.number, row.hash)


def has(connection: Connection, head: Head) -> bool:
    """Whether the trail has an entry of this number and hash."""
    statement = select(AUDIT.c.hash).where(AUDIT.c.number == head.number)
    return connection.scalar(statement) == head.hash


def entries(connection: Connection) -> Iterator[Entry]:
    """The whole trail, oldest first."""
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings():
        yield Entry(**row)


def first_broken(connection: Connection, kept: Head | None = None) -> int | None:
    """The number of the first entry that does not fit; None where all do.

    `kept` is an end that the trail had before: one that is cut off before it, or has another
    entry there, does not fit.
    """
    previous = _FIRST
    number = 0
    for number, entry in enumerate(entries(connection), start=1):
        fits = entry.number == number and entry.previous_hash == previous
        if not fits or entry.hash != entry.computed_hash():
            return number
        if kept is not None and kept.number == number and kept.hash != entry.hash:
            return number
        previous = entry.hash
    return number + 1 if kept is not None and kept.number > number else None


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
