"""Sync rules in the state database. All functions work in the caller's transaction."""

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from headwater.syncing.model import Published, Rule, Subject, SyncRule
from headwater.syncing.tables import SYNC_RULES
from headwater.workspaces.store import raise_version

_ORDER = (SYNC_RULES.c.subject.desc(), SYNC_RULES.c.trait)


def rules(connection: Connection, workspace_id: str) -> list[SyncRule]:
    """Those of a workspace, people first, by trait."""
    statement = select(SYNC_RULES).where(SYNC_RULES.c.workspace_id == workspace_id)
    return [_rule(row) for row in connection.execute(statement.order_by(*_ORDER))]


def keep(connection: Connection, workspace_id: str, kept: SyncRule) -> None:
    """Set the rule of a trait."""
    _delete(connection, workspace_id, kept.subject, kept.trait)
    values = {
        "workspace_id": workspace_id,
        "subject": kept.subject.value,
        "trait": kept.trait,
        "rule": msgspec.json.encode(kept.rule).decode(),
        "updated_at": kept.updated_at,
    }
    connection.execute(insert(SYNC_RULES).values(**values))
    raise_version(connection)


def remove(connection: Connection, workspace_id: str, subject: Subject, trait: str) -> None:
    """Remove the rule of a trait."""
    _delete(connection, workspace_id, subject, trait)
    raise_version(connection)


def published(connection: Connection) -> Published | None:
    """All rules of all workspaces; None where there are none."""
    found: dict[str, dict[Subject, dict[str, Rule]]] = defaultdict(lambda: defaultdict(dict))
    for row in connection.execute(select(SYNC_RULES).order_by(*_ORDER)):
        held = _rule(row)
        found[row.workspace_id][held.subject][held.trait] = held.rule
    return Published(dict(found)) if found else None


def _delete(connection: Connection, workspace_id: str, subject: Subject, trait: str) -> None:
    connection.execute(
        delete(SYNC_RULES).where(
            SYNC_RULES.c.workspace_id == workspace_id,
            SYNC_RULES.c.subject == subject.value,
            SYNC_RULES.c.trait == trait,
        )
    )


def _rule(row: Row[tuple[object, ...]]) -> SyncRule:
    return SyncRule(
        subject=Subject(row.subject),
        trait=row.trait,
        rule=msgspec.json.decode(row.rule, type=Rule),
        updated_at=row.updated_at,
    )
