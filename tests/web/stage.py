"""What the tests of the sources' pages stand on: a console whose backends answer as the test says.

Ada owns the workspace. `stage.as_member(role, source)` is somebody with less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
from starlette.testclient import TestClient

from headwater.access import sources, start, tokens
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.access.model import EVERYTHING, Grant, Reach
from headwater.access.permissions import Kind
from headwater.access.roles import Role
from headwater.api.frame import Context as ApiContext
from headwater.api.rehearsal import Stage as Rehearsing
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.debugger.model import Seen, Trace
from headwater.errors import NotFoundError, UnavailableError
from headwater.kit.clock import FakeClock
from headwater.logs.memory import MemoryLog
from headwater.queries.remote import RemoteWarehouse
from headwater.schemas.model import EventSchema, EventSeen
from headwater.settings import Settings
from headwater.uploads.uploads import Uploads
from headwater.volumes.model import Freshness, Overview, Point, SourceVolume
from headwater.web.application import application
from headwater.web.context import Context
from headwater.workspaces.model import Source, SourceType
from headwater.workspaces.snapshot import PublishedConfiguration

ADA = "token-of-ada"
_AWAY = UnavailableError("The warehouse does not answer.")


@dataclass
class Backends:
    """Answers what the test put here; while `is_away`, as a warehouse that does not answer."""

    volume: dict[str, SourceVolume] = field(default_factory=dict)
    overview_facts: dict[str, Any] = field(default_factory=dict)
    events_seen: list[EventSeen] = field(default_factory=list)
    schema: EventSchema | None = None
    passed: list[Seen] = field(default_factory=list)
    traces: dict[str, Trace] = field(default_factory=dict)
    is_away: bool = False
    uploads: Uploads | None = None

    @property
    def volumes(self) -> "Backends":
        return self

    @property
    def schemas(self) -> "Backends":
        return self

    @property
    def debugger(self) -> "Backends":
        return self

    async def by_source(
        self, workspace_id: str, found: Sequence[Source], *, hours: int = 24
    ) -> dict[str, SourceVolume]:
        if self.is_away:
            raise _AWAY
        return {each.id: self._volume(each, hours) for each in found}

    def _volume(self, source: Source, hours: int) -> SourceVolume:
        known = self.volume.get(source.id, SourceVolume(source_id=source.id))
        line = [known.accepted if hour == hours - 1 else 0 for hour in range(hours)]
        return msgspec.structs.replace(known, source_id=source.id, sparkline=line)

    async def overview(
        self, workspace_id: str, found: Sequence[Source], *, hours: int = 24
    ) -> Overview:
        volumes = list((await self.by_source(workspace_id, found, hours=hours)).values())
        counted = ("accepted", "loaded", "rejected", "duplicates", "filtered", "waiting")
        facts: dict[str, Any] = {
            "balanced": True,
            "difference": 0,
            "totals": {name: sum(getattr(each, name) for each in volumes) for name in counted},
            "previous_accepted": 0,
            "hourly": [Point("", 0)] * hours,
            "rejected": {},
            "freshness": Freshness(),
            "sources": volumes,
            "disk_free_bytes": 10**12,
            "log_bytes": 10**6,
            "quarantined_open": 0,
        }
        return Overview(**facts | self.overview_facts)

    async def events(self, workspace_id: str, slug: str) -> list[EventSeen]:
        if self.is_away:
            raise _AWAY
        return self.events_seen

    async def properties(
        self, workspace_id: str, slug: str, kind: str, event: str | None = None
    ) -> EventSchema:
        if self.schema is None:
            raise NotFoundError("There is no such event.")
        return self.schema

    async def recent(
        self, workspace_id: str, found: Sequence[Source], wanted: Any, count: int = 100
    ) -> list[Seen]:
        return [each for each in self.passed if wanted.admits(each)][:count]

    async def trace(
        self, workspace_id: str, found: Sequence[Source], message_id: str, stored: Any = None
    ) -> Trace:
        if message_id not in self.traces:
            raise NotFoundError(f"There is no event {message_id!r}.")
        return self.traces[message_id]


class Stage:
    """A console, its owner's client, and the backends behind it."""

    def __init__(self, folder: Path) -> None:
        database = sqlite_database(folder)
        migrate(database)
        self.clock = FakeClock()
        self.changes = Changes(database, self.clock, lambda _: None)
        start.begin(self.changes, admin_token=ADA)
        self.owner = by_token(self.changes, ADA)
        self.backends = Backends(uploads=Uploads(Settings(data_dir=folder), self.changes))
        self.folder = folder
        parts: dict[str, Any] = {
            "settings": Settings(data_dir=folder),
            "clock": self.clock,
            "changes": self.changes,
            "log": MemoryLog(),
            "published": PublishedConfiguration(folder),
            "warehouse": RemoteWarehouse(folder / "no.sock"),
            "backends": cast("Any", self.backends),
        }
        self.context = Context(**parts, rehearsing=Rehearsing(ApiContext(**parts)))
        self.ada = self.client(ADA)

    def client(self, token: str) -> TestClient:
        headers = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "same-origin"}
        return TestClient(
            application(self.context),
            headers=headers,
            base_url="http://headwater.test",
            follow_redirects=False,
        )

    def as_member(self, role: Role, only: Source | None = None) -> TestClient:
        """Somebody who has a role, on everything or on one source."""
        scope = EVERYTHING if only is None else (Reach(Kind.SOURCE, only.id),)
        _, secret = tokens.create(self.changes, self.owner, name="Bob", grants=[Grant(role, scope)])
        return self.client(secret)

    def source(self, name: str = "Shop", kind: SourceType = SourceType.WEBSITE) -> Source:
        return sources.create(self.changes, self.owner, name=name, type=kind)

    def now(self, source: Source) -> Source:
        """The source as it is by now."""
        return sources.one(self.changes, self.owner, source.id)
