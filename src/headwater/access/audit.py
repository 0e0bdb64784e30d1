"""The audit trail: every change, who made it, and what was before and after.

Each entry's hash covers its content and the hash of the entry before it, so a changed, removed or
inserted entry breaks the chain from there on. (Whoever can write the database can also make a
whole new chain: keep the newest hash elsewhere to notice that.)
"""

import hashlib
from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, insert, select

from headwater.access.tables import AUDIT

_FIRST = "0" * 64


class Change(msgspec.Struct, frozen=True):
    """What was done: `before` and `after` are the subject's values, None where it was not."""

    action: str
    subject: str
    subject_id: str
    before: object = None
    after: object = None


class AuditEntry(msgspec.Struct, frozen=True):
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

    def computed_hash(self) -> str:
        """The hash that this entry must bear."""
        content = msgspec.json.encode(msgspec.structs.replace(self, hash=""))
        return hashlib.sha256(content).hexdigest()


def record(
    connection: Connection, change: Change, *, actor: str, workspace_id: str, now: int
) -> AuditEntry:
    """Append a change to the trail, in the transaction that makes it."""
    last = connection.execute(
        select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)
    ).first()
    entry = AuditEntry(
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
    )
    entry = msgspec.structs.replace(entry, hash=entry.computed_hash())
    connection.execute(insert(AUDIT).values(**msgspec.structs.asdict(entry)))
    return entry


def entries(connection: Connection) -> Iterator[AuditEntry]:
    """The whole trail, oldest first."""
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings():
        yield AuditEntry(**row)


def first_broken(connection: Connection) -> int | None:
    """The number of the first entry that does not fit the chain; None where all do."""
    previous = _FIRST
    for number, entry in enumerate(entries(connection), start=1):
        fits = entry.number == number and entry.previous_hash == previous
        if not fits or entry.hash != entry.computed_hash():
            return number
        previous = entry.hash
    return None


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
