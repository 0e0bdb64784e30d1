"""Runs, decisions and chunks in the state database. All work in the caller's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from headwater.errors import NotFoundError
from headwater.kit.clock import isoformat
from headwater.quarantine.model import Fix, Kind, Run, RunState, Selection, State
from headwater.quarantine.replaying import Replay
from headwater.quarantine.tables import CHUNKS, DECISIONS, RUNS

_KEYS_AT_ONCE = 500


class Chunk(msgspec.Struct, frozen=True):
    """Some decided events: what the log and the warehouse are still to be told of."""

    id: str
    workspace_id: str
    state: State
    keys: tuple[str, ...]
    replays: tuple[Replay, ...] = ()


class Begun(msgspec.Struct, frozen=True):
    """A run as it is carried out: its times are numbers."""

    id: str
    workspace_id: str
    kind: Kind
    actor: str
    actor_name: str
    at: int
    selection: Selection
    fixes: tuple[Fix, ...] = ()
    events: int = 0
    skipped: int = 0
    total: int = 0
    state: RunState = RunState.RUNNING
    undone: str = ""

    def shown(self) -> Run:
        return Run(
            id=self.id,
            kind=self.kind,
            actor=self.actor,
            actor_name=self.actor_name,
            at=isoformat(self.at),
            selection=self.selection,
            fixes=self.fixes,
            events=self.events,
            skipped=self.skipped,
            total=self.total,
            state=self.state,
        )


def begin(connection: Connection, run: Begun) -> None:
    """Note a run before anything of it is done."""
    values = msgspec.structs.asdict(run) | {
        "kind": run.kind.value,
        "state": run.state.value,
        "selection": _text(run.selection),
        "fixes": _text(run.fixes),
    }
    connection.execute(insert(RUNS).values(**values))


def advance(connection: Connection, run_id: str, *, events: int, skipped: int) -> None:
    """Add to what a run has done."""
    connection.execute(
        update(RUNS)
        .where(RUNS.c.id == run_id)
        .values(events=RUNS.c.events + events, skipped=RUNS.c.skipped + skipped)
    )


def finish(connection: Connection, run_id: str) -> None:
    """Note that all of a run is decided."""
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(state=RunState.DONE.value))


def run(connection: Connection, workspace_id: str, run_id: str) -> Begun:
    """One run. Raises NotFoundError."""
    statement = select(RUNS).where(RUNS.c.workspace_id == workspace_id, RUNS.c.id == run_id)
    row = connection.execute(statement).first()
    if row is None:
        raise NotFoundError(f"There is no run {run_id!r}.")
    return _run(row)


def runs(connection: Connection, workspace_id: str, limit: int) -> list[Begun]:
    """A workspace's runs, the newest first."""
    statement = (
        select(RUNS)
        .where(RUNS.c.workspace_id == workspace_id)
        .order_by(RUNS.c.at.desc(), RUNS.c.id)
        .limit(limit)
    )
    return [_run(row) for row in connection.execute(statement)]


def unfinished(connection: Connection) -> list[Begun]:
    """The runs of all workspaces that a stop of the server has cut short."""
    statement = select(RUNS).where(RUNS.c.state == RunState.RUNNING.value).order_by(RUNS.c.at)
    return [_run(row) for row in connection.execute(statement)]


def decide(connection: Connection, run: Begun, state: State, keys: Sequence[str]) -> set[str]:
    """Decide about events, and say about which: what was decided before stays so."""
    rows = [
        {"workspace_id": run.workspace_id, "key": key, "run_id": run.id, "state": state.value}
        for key in dict.fromkeys(keys)
    ]
    decided: set[str] = set()
    for first in range(0, len(rows), _KEYS_AT_ONCE):
        statement = (
            upsert(DECISIONS)
            .values(rows[first : first + _KEYS_AT_ONCE])
            .on_conflict_do_nothing()
            .returning(DECISIONS.c.key)
        )
        decided.update(connection.scalars(statement))
    return decided


def decided_by(connection: Connection, run_id: str, limit: int) -> list[str]:
    """The keys of some events that a run has decided about."""
    statement = select(DECISIONS.c.key).where(DECISIONS.c.run_id == run_id).limit(limit)
    return list(connection.scalars(statement))


def undecide(connection: Connection, workspace_id: str, keys: Iterable[str]) -> None:
    """Take decisions back: the events are open again."""
    statement = delete(DECISIONS).where(
        DECISIONS.c.workspace_id == workspace_id, DECISIONS.c.key.in_(list(keys))
    )
    connection.execute(statement)


def dismissed(connection: Connection, workspace_id: str) -> int:
    """How many events of a workspace are dismissed."""
    statement = (
        select(func.count())
        .select_from(DECISIONS)
        .where(
            DECISIONS.c.workspace_id == workspace_id,
            DECISIONS.c.state == State.DISMISSED.value,
        )
    )
    return connection.scalar(statement) or 0


def keep_chunk(connection: Connection, chunk: Chunk) -> None:
    """Note what is to be carried out, in the transaction that decides it."""
    connection.execute(
        insert(CHUNKS).values(
            id=chunk.id,
            workspace_id=chunk.workspace_id,
            state=chunk.state.value,
            keys=_text(chunk.keys),
            replays=msgspec.msgpack.encode(chunk.replays),
        )
    )


def chunks(connection: Connection) -> list[Chunk]:
    """What is decided and not known to be carried out."""
    return [
        Chunk(
            id=row.id,
            workspace_id=row.workspace_id,
            state=State(row.state),
            keys=msgspec.json.decode(row.keys, type=tuple[str, ...]),
            replays=msgspec.msgpack.decode(row.replays, type=tuple[Replay, ...]),
        )
        for row in connection.execute(select(CHUNKS))
    ]


def remove_chunk(connection: Connection, chunk_id: str) -> None:
    """Note that a chunk is carried out."""
    connection.execute(delete(CHUNKS).where(CHUNKS.c.id == chunk_id))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _run(row: Row[Any]) -> Begun:
    return Begun(
        id=row.id,
        workspace_id=row.workspace_id,
        kind=Kind(row.kind),
        actor=row.actor,
        actor_name=row.actor_name,
        at=row.at,
        selection=msgspec.json.decode(row.selection, type=Selection),
        fixes=msgspec.json.decode(row.fixes, type=tuple[Fix, ...]),
        events=row.events,
        skipped=row.skipped,
        total=row.total,
        state=RunState(row.state),
        undone=row.undone,
    )
