"""Imports as the server knows them: what runs now, what ran before, and how it went.

The command that imports tells of it. It is told for people to look at: the import itself goes by
the file beside its data (see imports.progress), and goes on where the server knows nothing.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import Connection, Row, delete, insert, select, update

from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.errors import NotFoundError
from headwater.imports.tables import IMPORTS
from headwater.kit.clock import isoformat
from headwater.kit.ids import resource_id

MOST_LISTED: Final = 200
MOST_REJECTS: Final = 20
LONGEST_ROW: Final = 2_000
SILENT_MICROSECONDS: Final = 60_000_000
"""A running import that said nothing for so long has stopped."""

_MOST_KEPT: Final = 5_000
_Count = Annotated[int, Meta(ge=0)]
_Line = Annotated[str, Meta(max_length=500)]


class ImportState(StrEnum):
    """How far an import is."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    """It did not finish, and says nothing any more. Run again, it goes on where it stopped."""


class RejectedRow(msgspec.Struct, frozen=True):
    """A row that made no event: the line that it begins in, why, and its text."""

    line: int
    reason: Annotated[str, Meta(max_length=1000)]
    row: Annotated[str, Meta(max_length=LONGEST_ROW)]


class NewImport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is imported, and into which source. `import_id` is the same when it is run again."""

    import_id: Annotated[str, Meta(min_length=1, max_length=100)]
    source_id: Annotated[str, Meta(min_length=1, max_length=100)]
    file: _Line
    format: Annotated[str, Meta(max_length=20)] = ""


class ImportProgress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far it is; what is left out stays as it was."""

    state: ImportState | UnsetType = UNSET
    rows: _Count | UnsetType = UNSET
    accepted: _Count | UnsetType = UNSET
    rejected: _Count | UnsetType = UNSET
    skipped: _Count | UnsetType = UNSET
    share_read: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    message: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    rejects: Annotated[tuple[RejectedRow, ...], Meta(max_length=MOST_REJECTS)] | UnsetType = UNSET


class ImportRun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An import. `accepted` events are on disk; `rejects` are some of the rows that made none."""

    id: str
    import_id: str
    source_id: str
    file: str
    format: str
    state: ImportState
    started_at: str
    updated_at: str
    finished_at: str | None
    rows: int
    accepted: int
    rejected: int
    skipped: int
    share_read: float
    message: str
    rejects: Sequence[RejectedRow]


def begin(changes: Changes, by: Principal, wanted: NewImport) -> ImportRun:
    """Note that an import runs, again where it ran before. One run for the first time is in the
    audit trail."""
    with changes.change(by) as step:
        known = _known(step.connection, by.workspace_id, wanted.import_id)
        if known is not None:
            again = {"state": ImportState.RUNNING.value, "updated_at": step.now, "message": ""}
            step.connection.execute(
                update(IMPORTS).where(IMPORTS.c.id == known).values(**again, finished_at=None)
            )
            return _one(step.connection, by.workspace_id, known, step.now)
        made = resource_id()
        step.connection.execute(insert(IMPORTS).values(_first(made, by, wanted, step.now)))
        _keep_newest(step.connection, by.workspace_id)
        step.record(Change("Import Begun", "Import", made, after=wanted, name=wanted.file))
        return _one(step.connection, by.workspace_id, made, step.now)


def _first(made: str, by: Principal, wanted: NewImport, now: int) -> dict[str, Any]:
    return {
        "id": made,
        "workspace_id": by.workspace_id,
        **msgspec.structs.asdict(wanted),
        "state": ImportState.RUNNING.value,
        "started_at": now,
        "updated_at": now,
        "finished_at": None,
        "rows": 0,
        "accepted": 0,
        "rejected": 0,
        "skipped": 0,
        "share_read": 0.0,
        "message": "",
        "rejects": "[]",
    }


def advance(changes: Changes, by: Principal, run_id: str, progress: ImportProgress) -> ImportRun:
    """Note how far an import is. Raises NotFoundError."""
    now = changes.clock.now()
    given = {
        name: value
        for name, value in msgspec.structs.asdict(progress).items()
        if value is not UNSET
    }
    if "rejects" in given:
        given["rejects"] = msgspec.json.encode(given["rejects"]).decode()
    if "state" in given:
        given["state"] = given["state"].value
        given["finished_at"] = None if progress.state is ImportState.RUNNING else now
    with changes.noting() as connection:
        _one(connection, by.workspace_id, run_id, now)
        connection.execute(
            update(IMPORTS).where(IMPORTS.c.id == run_id).values(**given, updated_at=now)
        )
        return _one(connection, by.workspace_id, run_id, now)


def show(changes: Changes, by: Principal, run_id: str) -> ImportRun:
    """One import. Raises NotFoundError."""
    with changes.reading() as connection:
        return _one(connection, by.workspace_id, run_id, changes.clock.now())


def listed(
    changes: Changes, by: Principal, source_ids: Collection[str] | None = None
) -> list[ImportRun]:
    """The imports of a workspace, of some sources alone where they are given, the newest first."""
    statement = select(IMPORTS).where(IMPORTS.c.workspace_id == by.workspace_id)
    if source_ids is not None:
        statement = statement.where(IMPORTS.c.source_id.in_(list(source_ids)))
    statement = statement.order_by(IMPORTS.c.started_at.desc(), IMPORTS.c.id).limit(MOST_LISTED)
    with changes.reading() as connection:
        now = changes.clock.now()
        return [_run(row, now) for row in connection.execute(statement)]


def _known(connection: Connection, workspace_id: str, import_id: str) -> str | None:
    statement = select(IMPORTS.c.id).where(
        IMPORTS.c.workspace_id == workspace_id, IMPORTS.c.import_id == import_id
    )
    found: str | None = connection.scalar(statement)
    return found


def _one(connection: Connection, workspace_id: str, run_id: str, now: int) -> ImportRun:
    statement = select(IMPORTS).where(
        IMPORTS.c.workspace_id == workspace_id, IMPORTS.c.id == run_id
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no import {run_id!r}.")
    return _run(row, now)


def _keep_newest(connection: Connection, workspace_id: str) -> None:
    kept = (
        select(IMPORTS.c.id)
        .where(IMPORTS.c.workspace_id == workspace_id)
        .order_by(IMPORTS.c.started_at.desc())
        .limit(_MOST_KEPT)
    )
    connection.execute(
        delete(IMPORTS).where(IMPORTS.c.workspace_id == workspace_id, IMPORTS.c.id.not_in(kept))
    )


def _run(row: Row[Any], now: int) -> ImportRun:
    state = ImportState(row.state)
    if state is ImportState.RUNNING and now - row.updated_at > SILENT_MICROSECONDS:
        state = ImportState.STOPPED
    return ImportRun(
        id=row.id,
        import_id=row.import_id,
        source_id=row.source_id,
        file=row.file,
        format=row.format,
        state=state,
        started_at=isoformat(row.started_at),
        updated_at=isoformat(row.updated_at),
        finished_at=None if row.finished_at is None else isoformat(row.finished_at),
        rows=row.rows,
        accepted=row.accepted,
        rejected=row.rejected,
        skipped=row.skipped,
        share_read=row.share_read,
        message=row.message,
        rejects=msgspec.json.decode(row.rejects, type=list[RejectedRow]),
    )
