"""Connections, their runs and notices in the state database. All work in the caller's
transaction."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection as Sql
from sqlalchemy import Row, delete, insert, select, update

from headwater.connections.model import (
    MOST_NOTICES,
    MOST_RUNS,
    Backfill,
    Connection,
    Drift,
    Figures,
    Form,
    Notice,
    Outcome,
    Run,
    Sample,
    Schedule,
    State,
)
from headwater.connections.tables import CONNECTIONS, NOTICES, RUNS
from headwater.errors import NotFoundError

_encode: Final = msgspec.json.Encoder().encode


def connections(sql: Sql, workspace_id: str = "", source_id: str = "") -> list[Connection]:
    """All connections, or those of a workspace or source, the oldest first."""
    statement = select(CONNECTIONS).order_by(CONNECTIONS.c.created_at, CONNECTIONS.c.id)
    if workspace_id:
        statement = statement.where(CONNECTIONS.c.workspace_id == workspace_id)
    if source_id:
        statement = statement.where(CONNECTIONS.c.source_id == source_id)
    return [_connection(row) for row in sql.execute(statement)]


def connection(sql: Sql, workspace_id: str, connection_id: str) -> Connection:
    """One connection. Raises NotFoundError."""
    found = held(sql, connection_id)
    if found is None or found.workspace_id != workspace_id:
        raise NotFoundError(f"There is no connection {connection_id!r}.")
    return found


def held(sql: Sql, connection_id: str) -> Connection | None:
    """One connection, of whatever workspace; None where it is gone."""
    row = sql.execute(select(CONNECTIONS).where(CONNECTIONS.c.id == connection_id)).first()
    return None if row is None else _connection(row)


def put(sql: Sql, made: Connection) -> None:
    """Keep a connection: a new one, or what an old one is now."""
    values = msgspec.structs.asdict(made) | {
        "form": made.form.value,
        "state": made.state.value,
        "asked": made.asked.value if made.asked else "",
        **{name: _text(getattr(made, name)) for name in ("secret_names", "schedule", "shape")},
    }
    done = sql.execute(update(CONNECTIONS).where(CONNECTIONS.c.id == made.id).values(values))
    if not done.rowcount:
        sql.execute(insert(CONNECTIONS).values(values))


def remove(sql: Sql, connection_id: str) -> None:
    sql.execute(delete(CONNECTIONS).where(CONNECTIONS.c.id == connection_id))


def begin(sql: Sql, run: Run) -> None:
    """Note a run, and forget those of the connection that are too old."""
    sql.execute(insert(RUNS).values(_run_values(run)))
    old = _nth_newest(sql, RUNS, RUNS.c.started_at, run.connection_id, MOST_RUNS)
    sql.execute(delete(RUNS).where(RUNS.c.id.in_(old)))


def tell(sql: Sql, run: Run) -> None:
    """Note how far a run is, or how it ended."""
    sql.execute(update(RUNS).where(RUNS.c.id == run.id).values(_run_values(run)))


def runs(sql: Sql, connection_id: str, limit: int = MOST_RUNS) -> list[Run]:
    """The runs of a connection, the newest first."""
    statement = (
        select(RUNS)
        .where(RUNS.c.connection_id == connection_id)
        .order_by(RUNS.c.started_at.desc(), RUNS.c.id.desc())
        .limit(limit)
    )
    return [_run(row) for row in sql.execute(statement)]


def last_done(sql: Sql, connection_id: str) -> Run | None:
    """The newest run that came to its end without a problem."""
    statement = (
        select(RUNS)
        .where(RUNS.c.connection_id == connection_id, RUNS.c.outcome == Outcome.DONE.value)
        .order_by(RUNS.c.started_at.desc())
        .limit(1)
    )
    row = sql.execute(statement).first()
    return None if row is None else _run(row)


def cut_off(sql: Sql, now: int) -> None:
    """Note of runs that a stop of the server has cut short that they do not run."""
    values = {"outcome": Outcome.STOPPED.value, "ended_at": now, "problem": "The server stopped."}
    sql.execute(update(RUNS).where(RUNS.c.outcome == Outcome.RUNNING.value).values(values))


def notice(sql: Sql, made: Notice) -> None:
    values = msgspec.structs.asdict(made) | {
        "drift": made.drift.value,
        "before": _text(made.before),
        "after": _text(made.after),
    }
    sql.execute(insert(NOTICES).values(values))
    old = _nth_newest(sql, NOTICES, NOTICES.c.at, made.connection_id, MOST_NOTICES)
    sql.execute(delete(NOTICES).where(NOTICES.c.id.in_(old)))


def notices(sql: Sql, connection_id: str) -> list[Notice]:
    """What was noticed, the newest first."""
    statement = (
        select(NOTICES)
        .where(NOTICES.c.connection_id == connection_id)
        .order_by(NOTICES.c.at.desc(), NOTICES.c.member)
    )
    return [_notice(row) for row in sql.execute(statement)]


def acknowledge(sql: Sql, connection_id: str, now: int) -> int:
    """Note that somebody has seen all that was noticed; how many that were."""
    done = sql.execute(
        update(NOTICES)
        .where(NOTICES.c.connection_id == connection_id, NOTICES.c.acknowledged_at.is_(None))
        .values(acknowledged_at=now)
    )
    return int(done.rowcount)


def _nth_newest(sql: Sql, table: Any, time: Any, connection_id: str, n: int) -> Sequence[str]:
    statement = (
        select(table.c.id)
        .where(table.c.connection_id == connection_id)
        .order_by(time.desc(), table.c.id.desc())
        .offset(n)
    )
    return list(sql.scalars(statement))


def _text(value: object) -> str:
    return _encode(value).decode()


def _connection(row: Row[Any]) -> Connection:
    return Connection(
        id=row.id,
        workspace_id=row.workspace_id,
        source_id=row.source_id,
        name=row.name,
        kind=row.kind,
        definition=row.definition,
        form=Form(row.form),
        sealed=row.sealed,
        secret_names=msgspec.json.decode(row.secret_names, type=tuple[str, ...]),
        schedule=msgspec.json.decode(row.schedule, type=Schedule),
        state=State(row.state),
        shape=msgspec.json.decode(row.shape, type=dict[str, list[str]]),
        asked=Backfill(row.asked) if row.asked else None,
        failures=row.failures,
        next_run_at=row.next_run_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _run_values(run: Run) -> dict[str, Any]:
    return msgspec.structs.asdict(run) | {
        "outcome": run.outcome.value,
        "figures": _text(run.figures),
        "samples": _text(run.samples),
        "backfill": run.backfill.value if run.backfill else "",
    }


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        connection_id=row.connection_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome),
        figures=msgspec.json.decode(row.figures, type=Figures),
        samples=msgspec.json.decode(row.samples, type=tuple[Sample, ...]),
        problem=row.problem,
        hint=row.hint,
        backfill=Backfill(row.backfill) if row.backfill else None,
        told_at=row.told_at,
    )


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        connection_id=row.connection_id,
        at=row.at,
        drift=Drift(row.drift),
        member=row.member,
        before=msgspec.json.decode(row.before, type=tuple[str, ...]),
        after=msgspec.json.decode(row.after, type=tuple[str, ...]),
        acknowledged_at=row.acknowledged_at,
    )
