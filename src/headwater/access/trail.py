"""The audit trail, as principals see it."""

from typing import Final

import msgspec
from sqlalchemy import ColumnElement, func, select

from headwater.access import audit
from headwater.access.audit import Entry, Head
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.access.tables import AUDIT

_LONGEST: Final = 200


class Wanted(msgspec.Struct, frozen=True):
    """Which entries are asked for: times in microseconds, the first inclusive; empty is any."""

    since: int | None = None
    until: int | None = None
    subject: str = ""
    subject_id: str = ""
    actor: str = ""
    action: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """Whether the whole trail fits, of all workspaces; else the first entry that does not."""

    fits: bool
    entries: int
    first_broken: int | None
    head: Head | None


def listed(
    changes: Changes, by: Principal, wanted: Wanted, *, first: int, count: int
) -> tuple[list[Entry], int]:
    """A page of the workspace's entries, the newest first, and how many there are in all.

    Raises ForbiddenError.
    """
    by.require(Permission.AUDIT_READ)
    conditions = [AUDIT.c.workspace_id == by.workspace_id, *_conditions(wanted)]
    with changes.reading() as connection:
        total = connection.scalar(select(func.count()).select_from(AUDIT).where(*conditions))
        rows = connection.execute(
            select(AUDIT)
            .where(*conditions)
            .order_by(AUDIT.c.number.desc())
            .limit(count)
            .offset(first)
        )
        return [Entry(**row) for row in rows.mappings()], total or 0


def verified(changes: Changes, by: Principal, kept: Head | None) -> Verdict:
    """Go through the whole trail. `kept` is its end as it was kept elsewhere."""
    by.require(Permission.AUDIT_READ)
    with changes.reading() as connection:
        broken = audit.first_broken(connection, kept)
        head = audit.head(connection)
    return Verdict(broken is None, 0 if head is None else head.number, broken, head)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.since is not None:
        conditions.append(AUDIT.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AUDIT.c.at < wanted.until)
    for column, value in (
        (AUDIT.c.subject, wanted.subject),
        (AUDIT.c.subject_id, wanted.subject_id),
        (AUDIT.c.actor, wanted.actor),
        (AUDIT.c.action, wanted.action),
    ):
        if value:
            conditions.append(column == value[:_LONGEST])
    return conditions
