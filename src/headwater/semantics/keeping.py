"""Definitions, as principals see and change them: checked, audited, each version kept."""

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select

from headwater.access.audit import modified
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.access.permissions import Permission
from headwater.errors import ConflictError
from headwater.queries.rewritten import Rewritten
from headwater.semantics.checking import check
from headwater.semantics.model import KEPT_VERSIONS, Definitions, Version
from headwater.semantics.sql import expanded, names_any
from headwater.semantics.tables import DEFINITIONS

SUBJECT: Final = "Metrics"
_NEWEST: Final = DEFINITIONS.c.version.desc()


def current(changes: Changes, by: Principal) -> Version:
    """The newest version; 0 where nothing was defined. Raises ForbiddenError."""
    by.require(Permission.WAREHOUSE_READ)
    with changes.reading() as connection:
        return _current(connection, by.workspace_id)


def versions(changes: Changes, by: Principal) -> list[Version]:
    """Those that are kept, the newest first. Raises ForbiddenError."""
    by.require(Permission.WAREHOUSE_READ)
    with changes.reading() as connection:
        return _versions(connection, by.workspace_id, KEPT_VERSIONS)


def replace(
    changes: Changes, by: Principal, definitions: Definitions, based_on: int | None = None
) -> Version:
    """Put others in the place of all of them. Raises ForbiddenError, InvalidError, and
    ConflictError where `based_on` is no longer the newest version."""
    by.require(Permission.WAREHOUSE_ADMIN)
    check(definitions)
    with changes.change(by) as step:
        before = _current(step.connection, by.workspace_id)
        if based_on is not None and based_on != before.number:
            raise ConflictError(
                f"The metrics are at version {before.number}, and this change is of {based_on}.",
                hint="Get them anew, and make the change there.",
            )
        if definitions == before.definitions:
            return before
        after = Version(before.number + 1, definitions, step.now, by.name)
        step.connection.execute(
            insert(DEFINITIONS).values(
                workspace_id=by.workspace_id,
                version=after.number,
                document=msgspec.json.encode(definitions).decode(),
                created_at=after.at,
                created_by_name=after.by,
            )
        )
        step.connection.execute(
            delete(DEFINITIONS).where(
                DEFINITIONS.c.workspace_id == by.workspace_id,
                DEFINITIONS.c.version <= after.number - KEPT_VERSIONS,
            )
        )
        step.record(
            modified(SUBJECT, by.workspace_id, before.definitions, definitions, name="Metrics")
        )
    return after


def question(changes: Changes, by: Principal, sql: str) -> Rewritten:
    """A question with the workspace's definitions put in. Raises QueryRefusedError."""
    if not names_any(sql):
        return Rewritten(sql)
    return expanded(sql, current(changes, by).definitions)


def _current(connection: Connection, workspace_id: str) -> Version:
    found = _versions(connection, workspace_id, 1)
    return found[0] if found else Version(0, Definitions(), 0, "")


def _versions(connection: Connection, workspace_id: str, most: int) -> list[Version]:
    statement = select(DEFINITIONS).where(DEFINITIONS.c.workspace_id == workspace_id)
    return [
        Version(
            row.version,
            msgspec.json.decode(row.document, type=Definitions),
            row.created_at,
            row.created_by_name,
        )
        for row in connection.execute(statement.order_by(_NEWEST).limit(most))
    ]
