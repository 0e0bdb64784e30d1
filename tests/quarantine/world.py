"""All that a replay passes through, in one process: log, pipeline, loader, warehouse and state.

The processes' loops are turned by hand, so a test says what has happened when.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from headwater.access import sources, start
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.errors import UnavailableError
from headwater.kit.clock import FakeClock, hour_of
from headwater.ledger.model import Account, Ledger
from headwater.ledger.read import read
from headwater.logs.sqlite import SqliteLog
from headwater.pipeline.event import Limits
from headwater.ports import Entry, LogWriter, Outcome, Owner, Record, Stream, Tally
from headwater.quarantine.quarantine import Quarantine
from headwater.settings import Settings
from headwater.spec import collected
from headwater.warehouses.duckdb import asking
from headwater.warehouses.duckdb.engine import Tuning
from headwater.warehouses.duckdb.served import DuckDBWarehouses
from headwater.workers.loader import LoaderWorker
from headwater.workers.pipeline import PipelineWorker
from headwater.workers.seen import SeenIds
from headwater.workspaces import store
from headwater.workspaces.model import Configuration, SourceType

TOKEN = "token-of-ada"


class CutError(Exception):
    """What a test puts where a power cut would fall."""


class CutLog(SqliteLog):
    """A log whose replays can be cut off just before or just after they are synced."""

    cut = ""

    def writer(self, owner: Owner, partition: str = "0") -> Any:
        writer = super().writer(owner, partition)
        return _Cut(self, writer) if partition == "replays" else writer


class _Cut:
    def __init__(self, log: CutLog, writer: LogWriter) -> None:
        self._log, self._writer = log, writer

    def append(self, entry: Entry) -> Mapping[Stream, int]:
        if self._log.cut == "before":
            raise CutError
        done = self._writer.append(entry)
        if self._log.cut == "after":
            raise CutError
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


class World:
    """One source, and what became of its events."""

    def __init__(self, folder: Path) -> None:
        database = sqlite_database(folder)
        migrate(database)
        self.clock = FakeClock()
        self.changes = Changes(database, self.clock, lambda _: None)
        start.begin(self.changes, admin_token=TOKEN)
        self.owner = by_token(self.changes, TOKEN)
        self.source = sources.create(self.changes, self.owner, name="Shop", type=SourceType.WEBSITE)
        self.log = CutLog(folder / "log", segment_bytes=40_000)
        self.warehouses = DuckDBWarehouses(
            folder / "warehouse", Tuning(memory="200MB", threads=1), asking.Limits(1000, 60, 2)
        )
        settings = Settings(data_dir=folder)
        seen = SeenIds(folder / "seen", days=30)
        self.pipeline = PipelineWorker(self.log, seen, self.configuration, settings, self.clock)
        self.loader = LoaderWorker(
            self.log, self.warehouses, self.configuration, settings, self.clock
        )
        self.collector = self.log.writer(Owner.COLLECTOR)
        self.is_away = False
        self.quarantine = self._quarantine()

    def configuration(self) -> Configuration:
        with self.changes.reading() as connection:
            return store.configuration(connection)

    def _quarantine(self) -> Quarantine:
        return Quarantine(self.changes, self.log, self, self.configuration, Limits())

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        if self.is_away:
            raise UnavailableError("The warehouse does not answer.")
        return self.warehouses.look(name, workspace_id, wanted)

    def send(self, *events: dict[str, Any], **request: Any) -> None:
        """One batch, as the collector takes it in."""
        shared = request.pop("shared", {})
        body = msgspec.json.encode({"batch": events, **shared})
        meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH, **request))
        now = self.clock.now()
        record = Record(self.source.id, now, len(events), body, meta)
        tally = Tally(self.source.id, hour_of(now), Outcome.ACCEPTED, "", len(events))
        self.collector.append(Entry({Stream.COLLECTED: [record]}, [tally]))
        self.clock.advance(seconds=1)

    def settle(self) -> None:
        """Lead and load all that waits."""
        while self.pipeline.run_once():
            pass
        while self.loader.run_once():
            pass

    def run(self, work: Callable[[Quarantine], Any]) -> Any:
        """Work with the quarantine, and wait for what it goes on with."""

        async def whole() -> Any:
            result = await work(self.quarantine)
            for task in list(self.quarantine.tasks):
                await task
            return result

        return asyncio.run(whole())

    def restart(self) -> None:
        """The control role is gone and comes anew: it goes on with what was cut short."""
        self.log.cut = ""
        asyncio.run(self.quarantine.aclose())
        self.quarantine = self._quarantine()
        self.run(lambda quarantine: quarantine.resume())

    def ledger(self) -> Ledger:
        counted = self.warehouses.ledger()
        return read(self.log, counted.positions, counted.tallies)

    def totals(self) -> Account:
        """The sum of the accounts, each of which balances."""
        ledger = self.ledger()
        assert ledger.is_balanced, ledger
        return ledger.totals

    def loaded(self) -> list[str]:
        """The messageIds of the loaded events, sorted."""
        sql = 'SELECT id FROM "_headwater"."events_shop" ORDER BY id'
        with self.warehouses.workspace(self.owner.workspace_id).reading() as cursor:
            return [row[0] for row in cursor.execute(sql).fetchall()]

    def rows(self, sql: str) -> list[Any]:
        with self.warehouses.workspace(self.owner.workspace_id).reading() as cursor:
            return cursor.execute(sql).fetchall()

    def close(self) -> None:
        asyncio.run(self.quarantine.aclose())
        self.pipeline.close()
        self.collector.close()
        self.warehouses.close()
        self.log.close()
