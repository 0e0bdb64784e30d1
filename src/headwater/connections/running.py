"""Connections as they are run: by their schedules, a process for each run, some at a time.

What runs is what the state database says. So a run that was cut short, by whatever, is due at the
next start: what it reads goes on where the server has all that came before.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from anyio.to_thread import run_sync

from headwater.access.audit import Change
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.connections import calling, store
from headwater.connections.changing import checked, require_secrets, secrets_of
from headwater.connections.child import Ended, Far
from headwater.connections.kinds import KINDS
from headwater.connections.kinds.model import Task
from headwater.connections.model import (
    Connection,
    Form,
    Notice,
    Outcome,
    Run,
    State,
)
from headwater.connections.schedule import after_failure, next_run
from headwater.connections.shape import Difference
from headwater.errors import HeadwaterError, NotFoundError
from headwater.kit.child import EndedError
from headwater.kit.claim import answering_at
from headwater.kit.ids import resource_id
from headwater.kit.logging import logger
from headwater.kit.vault import Vault, open_vault
from headwater.settings import Settings
from headwater.workspaces import store as workspaces

FOLDER: Final = "connections"
PULLS_AT_ONCE: Final = 3
STREAMS_AT_ONCE: Final = 20
LONGEST_SECONDS: Final = 6 * 3_600.0
"""A run that takes longer is told to stop: the next goes on."""
_GRACE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 60.0
_LARGEST_REJECTED: Final = 50_000_000
_log = logger("connections")


class Connections:
    """Runs connections. For one event loop."""

    def __init__(
        self,
        settings: Settings,
        changes: Changes,
        *,
        longest_seconds: float = LONGEST_SECONDS,
        carry_out: Callable[..., Any] = calling.carry_out,
    ) -> None:
        self._settings = settings
        self._changes = changes
        self._longest = longest_seconds
        self._carry_out = carry_out
        self._woken = asyncio.Event()
        self._running: dict[str, _Running] = {}
        self._due: list[Connection] = []
        self._room = {
            False: asyncio.Semaphore(PULLS_AT_ONCE),
            True: asyncio.Semaphore(STREAMS_AT_ONCE),
        }

    def wake(self) -> None:
        """Something about a connection has changed."""
        self._woken.set()

    async def run(self) -> None:
        """Run what is due until cancelled: first what a stop has cut short."""
        await run_sync(self._note_cut_off)
        try:
            while True:
                self._woken.clear()
                wait = await run_sync(self._look)
                self._start_due()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._woken.wait()
        finally:
            await self._aclose()

    async def try_out(self, task: Task) -> Sequence[msgspec.Raw]:
        """The events of the first rows of a definition. Raises PullError."""
        return await calling.try_out(task, await run_sync(self._scratch, "trials"))

    def task(self, connection: Connection) -> Task:
        """What a run, or a trial, of a connection is of."""
        with self._changes.reading() as sql:
            source = workspaces.source(sql, connection.workspace_id, connection.source_id)
            last = store.last_done(sql, connection.id)
        if not source.write_keys:
            raise NotFoundError("The source of this connection has no write key.")
        return Task(
            kind=connection.kind,
            definition=connection.definition,
            form=connection.form,
            secrets=secrets_of(self._vault(), connection),
            files=self.files,
            allowed=tuple(self._settings.connections_allowed),
            source_id=connection.source_id,
            write_key=source.write_keys[-1],
            url=self._address(),
            data_dir=str(self._settings.data_dir),
            rejected=str(self.rejected(connection.id)),
            backfill=connection.asked,
            is_first=last is None,
        )

    def trial(
        self, source_id: str, definition: str, form: Form, secrets: Mapping[str, str]
    ) -> Task:
        """What a trial of a definition is of that is not kept. Raises what is wrong with it."""
        kind, names = checked(definition, form)
        require_secrets(names, secrets)
        return Task(
            kind=kind,
            definition=definition,
            form=form,
            secrets=secrets,
            files=self.files,
            allowed=tuple(self._settings.connections_allowed),
            source_id=source_id,
        )

    @property
    def files(self) -> str | None:
        """The folder whose files may be read; None where none is set."""
        folder = self._settings.connections_folder
        return folder or None

    def rejected(self, connection_id: str) -> Path:
        """Where what a connection rejected is kept, a JSON object a line."""
        return self._folder(connection_id) / "rejected.jsonl"

    def forget(self, connection_id: str) -> None:
        """Remove what is kept of a connection beside the database."""
        shutil.rmtree(self._folder(connection_id), ignore_errors=True)

    def _folder(self, connection_id: str) -> Path:
        return self._settings.data_dir / FOLDER / connection_id

    def _scratch(self, name: str) -> Path:
        folder = self._folder(name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def _vault(self) -> Vault:
        return open_vault(self._settings.data_dir, self._settings.secret_key)

    def _address(self) -> str:
        settings = self._settings
        return answering_at(settings.data_dir, settings.host, settings.port, settings.url)

    def _note_cut_off(self) -> None:
        """Note which runs a stop has cut short, and let go of what is left of connections that
        went with their source."""
        with self._changes.noting() as sql:
            store.cut_off(sql, self._changes.clock.now())
            known = {each.id for each in store.connections(sql)}
        for folder in (self._settings.data_dir / FOLDER).glob("*"):
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)

    def _look(self) -> float:
        """What is due, and what is to stop; the seconds until something else is due."""
        now = self._changes.clock.now()
        with self._changes.reading() as sql:
            known = {each.id: each for each in store.connections(sql)}
        for connection_id, running in self._running.items():
            held = known.get(connection_id)
            if held is None or held.state is State.PAUSED or running.is_of_other(held):
                running.ask_to_stop()
        waiting = [
            each
            for each in known.values()
            if each.next_run_at is not None and each.id not in self._running
        ]
        self._due = [each for each in waiting if each.next_run_at and each.next_run_at <= now]
        later = [
            each.next_run_at for each in waiting if each.next_run_at and each.next_run_at > now
        ]
        return min([_LOOK_SECONDS, *((each - now) / 1e6 for each in later)])

    def _start_due(self) -> None:
        for connection in self._due:
            running = _Running(connection, asyncio.get_running_loop())
            self._running[connection.id] = running
            running.task = asyncio.create_task(self._carried_out(running))

    async def _carried_out(self, running: "_Running") -> None:
        connection = running.connection
        try:
            async with self._room[KINDS[connection.kind].is_endless]:
                if not running.stop.is_set():
                    await self._one_run(running)
        except Exception:
            _log.exception("connection.failed", connection=connection.id)
            await asyncio.sleep(_GRACE_SECONDS)
        finally:
            self._running.pop(connection.id, None)
            self.wake()

    async def _one_run(self, running: "_Running") -> None:
        connection = running.connection
        run = Run(
            id=resource_id(),
            connection_id=connection.id,
            started_at=self._changes.clock.now(),
            backfill=connection.asked,
        )
        try:
            await run_sync(self._begin, connection, run)
            last, ended = await self._to_its_end(running, run)
        except (HeadwaterError, EndedError, TimeoutError) as error:
            await run_sync(self._end, connection, _failed(running.latest or run, error), None)
        except asyncio.CancelledError:
            stopped = msgspec.structs.replace(
                running.latest or run, outcome=Outcome.STOPPED, problem="The server stopped."
            )
            self._note(stopped, is_over=True)
            raise
        else:
            await run_sync(self._end, connection, last, ended)

    async def _to_its_end(self, running: "_Running", run: Run) -> tuple[Run, Ended]:
        connection = running.connection
        task = await run_sync(self.task, connection)
        running.latest = run
        expected = await run_sync(self._expected, connection, task)

        async def report(far: Far) -> None:
            running.latest = _told(run, far, expected)
            await run_sync(self._note, running.latest)

        loop = asyncio.get_running_loop()
        is_endless = KINDS[connection.kind].is_endless
        limit = None if is_endless else self._longest + _GRACE_SECONDS
        ending = None if is_endless else loop.call_later(self._longest, running.stop.set)
        try:
            async with asyncio.timeout(limit):
                scratch = await run_sync(self._scratch, connection.id)
                ended = await self._carry_out(task, scratch, running.stop, report)
        finally:
            if ending is not None:
                ending.cancel()
        outcome = Outcome.STOPPED if ended.is_stopped else Outcome.DONE
        last = _told(run, ended.far, expected)
        return msgspec.structs.replace(last, outcome=outcome), ended

    def _expected(self, connection: Connection, task: Task) -> int | None:
        """How many rows a run may read, by the last one that came to its end."""
        if task.is_first or task.backfill or KINDS[connection.kind].is_endless:
            return None
        with self._changes.reading() as sql:
            last = store.last_done(sql, connection.id)
        return last.figures.rows if last is not None and last.figures.rows else None

    def _begin(self, connection: Connection, run: Run) -> None:
        rejected = self.rejected(connection.id)
        if rejected.exists() and rejected.stat().st_size > _LARGEST_REJECTED:
            rejected.replace(rejected.with_suffix(".old.jsonl"))
        with self._changes.noting() as sql:
            store.begin(sql, run)

    def _note(self, run: Run, *, is_over: bool = False) -> None:
        now = self._changes.clock.now()
        run = msgspec.structs.replace(run, told_at=now, ended_at=now if is_over else None)
        with self._changes.noting() as sql:
            store.tell(sql, run)

    def _end(self, connection: Connection, run: Run, ended: Ended | None) -> None:
        """Note how a run ended, what is due then, and what was noticed."""
        now = self._changes.clock.now()
        run = msgspec.structs.replace(run, told_at=now, ended_at=now)
        with self._changes.noting() as sql:
            store.tell(sql, run)
            held = store.held(sql, connection.id)
            if held is None:
                return
            difference = None
            if ended is not None and held.definition == connection.definition:
                difference = Difference(held.shape, ended.shape, ended.records)
                for drift, member, before, after in difference.drifts:
                    store.notice(
                        sql,
                        Notice(
                            id=resource_id(),
                            connection_id=held.id,
                            at=now,
                            drift=drift,
                            member=member,
                            before=tuple(before),
                            after=tuple(after),
                        ),
                    )
            store.put(sql, _after(connection, held, run, difference, now))
        if difference is not None and difference.drifts:
            self._tell_of_drift(connection, len(difference.drifts))

    def _tell_of_drift(self, connection: Connection, count: int) -> None:
        by = Principal(f"connection:{connection.id}", connection.workspace_id, ())
        change = Change(
            "Schema Drift Noticed",
            "Connection",
            connection.id,
            after={"notices": count},
            name=connection.name,
        )
        self._changes.record_soon(by, change)

    async def _aclose(self) -> None:
        tasks = [each.task for each in self._running.values() if each.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class _Running:
    """A connection while it is run."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self.connection = connection
        self.stop = asyncio.Event()
        self.latest: Run | None = None
        self.task: asyncio.Task[None] | None = None
        self._loop = loop

    def is_of_other(self, held: Connection) -> bool:
        """Whether what it reads, or with which secrets, is not what is run any more."""
        mine = self.connection
        return (mine.definition, mine.sealed) != (held.definition, held.sealed)

    def ask_to_stop(self) -> None:
        self._loop.call_soon_threadsafe(self.stop.set)


def _told(run: Run, far: Far, expected: int | None) -> Run:
    figures = far.figures
    if figures.total is None and expected is not None:
        figures = msgspec.structs.replace(figures, total=max(expected, figures.rows))
    return msgspec.structs.replace(run, figures=figures, samples=far.samples)


def _failed(run: Run, error: Exception) -> Run:
    if isinstance(error, HeadwaterError):
        problem, hint = error.message, error.hint
    elif isinstance(error, TimeoutError):
        problem, hint = "It took too long, and did not stop when it was told to.", ""
    else:
        problem = "The process that reads has died."
        hint = "It may have taken more memory than there is; the next run goes on."
    return msgspec.structs.replace(run, outcome=Outcome.FAILED, problem=problem, hint=hint)


def _after(
    ran: Connection, held: Connection, run: Run, difference: Difference | None, now: int
) -> Connection:
    """A connection when a run of it has ended; what somebody asked for meanwhile stays."""
    is_failed = run.outcome is Outcome.FAILED
    failures = held.failures + 1 if is_failed else 0
    is_asked_anew = held.next_run_at != ran.next_run_at
    due = held.next_run_at
    if held.state is State.PAUSED:
        due = None
    elif not is_asked_anew:
        is_endless = KINDS[held.kind].is_endless
        if is_failed:
            due = after_failure(held.schedule, failures, run.started_at, now, is_stream=is_endless)
        elif is_endless or run.outcome is Outcome.STOPPED:
            due = now
        else:
            due = next_run(held.schedule, run.started_at, now)
    is_backfilled = run.outcome is Outcome.DONE and held.asked is ran.asked and not is_asked_anew
    return msgspec.structs.replace(
        held,
        failures=failures,
        next_run_at=due,
        asked=None if is_backfilled else held.asked,
        shape=held.shape if difference is None else difference.shape,
    )
