"""Replays in the state database. All work in the caller's transaction."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from headwater.archive.requests import Place
from headwater.errors import NotFoundError
from headwater.replays.model import Chunk, Run, RunState, Selection
from headwater.replays.tables import RUNS
from headwater.spec.again import Mode

_PLAIN = frozenset(("mode", "state", "selection", "place", "chunk"))


def begin(connection: Connection, run: Run) -> None:
    """Note a replay before anything of it is done."""
    values = {
        name: value for name, value in msgspec.structs.asdict(run).items() if name not in _PLAIN
    }
    values |= {"mode": run.mode.value, "state": run.state.value, "place": "", "chunk": ""}
    connection.execute(insert(RUNS).values(selection=_text(run.selection), **values))


def count(connection: Connection, run_id: str, total: int) -> None:
    """Note how many events will be looked at."""
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(total=total))


def intend(connection: Connection, run_id: str, chunk: Chunk) -> bool:
    """Note what is about to be appended; False where the replay does not go on."""
    done = connection.execute(
        update(RUNS)
        .where(RUNS.c.id == run_id, RUNS.c.state == RunState.RUNNING.value)
        .values(chunk=_text(chunk))
    )
    return bool(done.rowcount)


def advance(connection: Connection, run_id: str, chunk: Chunk) -> None:
    """Note that a chunk is appended."""
    connection.execute(
        update(RUNS)
        .where(RUNS.c.id == run_id)
        .values(
            read=RUNS.c.read + chunk.read,
            sent=RUNS.c.sent + chunk.sent,
            skipped=RUNS.c.skipped + chunk.skipped,
            place=_text(chunk.place),
            chunk="",
            problem="",
        )
    )


def give_up_chunk(connection: Connection, run_id: str) -> None:
    """Note that what was intended was not appended."""
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(chunk=""))


def change(connection: Connection, run: Run, state: RunState, now: int) -> None:
    """Note that a replay stands otherwise now."""
    ended_at = now if state.is_over else None
    connection.execute(
        update(RUNS).where(RUNS.c.id == run.id).values(state=state.value, ended_at=ended_at)
    )


def finish(connection: Connection, run_id: str, now: int) -> None:
    """Note that all of a replay is sent, unless somebody has cancelled it meanwhile."""
    connection.execute(
        update(RUNS)
        .where(RUNS.c.id == run_id, RUNS.c.state == RunState.RUNNING.value)
        .values(state=RunState.DONE.value, ended_at=now, problem="")
    )


def note_problem(connection: Connection, run_id: str, problem: str) -> None:
    """Note why a replay waits."""
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(problem=problem))


def run(connection: Connection, workspace_id: str, run_id: str) -> Run:
    """One replay. Raises NotFoundError."""
    statement = select(RUNS).where(RUNS.c.workspace_id == workspace_id, RUNS.c.id == run_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no replay {run_id!r}.")
    return _run(row)


def runs(connection: Connection, workspace_id: str, limit: int) -> list[Run]:
    """A workspace's replays, the newest first."""
    statement = (
        select(RUNS)
        .where(RUNS.c.workspace_id == workspace_id)
        .order_by(RUNS.c.at.desc(), RUNS.c.id)
        .limit(limit)
    )
    return [_run(row) for row in connection.execute(statement)]


def due(connection: Connection) -> Run | None:
    """The replay of all workspaces whose turn it is: the one that began first."""
    statement = (
        select(RUNS)
        .where(RUNS.c.state == RunState.RUNNING.value)
        .order_by(RUNS.c.at, RUNS.c.id)
        .limit(1)
    )
    row = connection.execute(statement).first()
    return None if row is None else _run(row)


def intended(connection: Connection) -> list[Run]:
    """The replays of which it is not known whether their last chunk was appended."""
    return [_run(row) for row in connection.execute(select(RUNS).where(RUNS.c.chunk != ""))]


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        workspace_id=row.workspace_id,
        actor=row.actor,
        actor_name=row.actor_name,
        at=row.at,
        mode=Mode(row.mode),
        selection=msgspec.json.decode(row.selection, type=Selection),
        rate=row.rate,
        state=RunState(row.state),
        total=row.total,
        read=row.read,
        sent=row.sent,
        skipped=row.skipped,
        place=msgspec.json.decode(row.place, type=Place) if row.place else None,
        chunk=msgspec.json.decode(row.chunk, type=Chunk) if row.chunk else None,
        problem=row.problem,
        ended_at=row.ended_at,
    )
