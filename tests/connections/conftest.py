"""Connections in an empty database, and runs that are told how to end."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.access import sources, start
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.connections import changing, store
from headwater.connections.child import Ended, Far
from headwater.connections.model import Connection, Figures, Run, Schedule
from headwater.connections.running import Connections
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.kit.clock import FakeClock
from headwater.kit.vault import open_vault
from headwater.settings import Settings
from headwater.workspaces.model import SourceType

PULL = """
[pull]
url = "sqlite:///${FILE}"
query = "SELECT * FROM t"
key = ["id"]
[[events]]
type = "identify"
userId = "{id}"
"""
DONE = Ended(Far(Figures(rows=3, events=3)), False, {"id": ["number"]}, 3)


class Stage:
    """A workspace with a source, whose connections are run by `carry_out`."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.settings = Settings(data_dir=folder)
        self.database = sqlite_database(folder)
        migrate(self.database)
        self.changes = Changes(self.database, self.clock, lambda _: None)
        start.begin(self.changes, admin_token="hw_the-first")
        self.by: Principal = by_token(self.changes, "hw_the-first")
        self.vault = open_vault(folder)
        made = sources.create(self.changes, self.by, name="Shop", type=SourceType.DATABASE)
        self.source_id = made.id

    def connect(self, name: str = "Shop", **schedule: Any) -> Connection:
        wanted = changing.Wanted(
            name, PULL, secrets={"FILE": "shop.db"}, schedule=Schedule(**schedule)
        )
        return changing.create(self.changes, self.by, self.vault, self.source_id, wanted)

    def held(self, connection: Connection) -> Connection:
        return changing.one(self.changes, self.by, connection.id)

    def runs(self, connection: Connection) -> list[Run]:
        return changing.runs(self.changes, self.by, connection.id)

    def run(self, carry_out: Callable[..., Any], during: Callable[..., Any], **how: Any) -> None:
        """Run what is due while `during` goes on."""

        async def main() -> None:
            running = Connections(self.settings, self.changes, carry_out=carry_out, **how)
            task = asyncio.create_task(running.run())
            try:
                async with asyncio.timeout(20):
                    await during(running)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.01)

    def close(self) -> None:
        self.changes.close()
        self.database.close()

    def left(self) -> list[Connection]:
        with self.changes.reading() as sql:
            return store.connections(sql)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()
