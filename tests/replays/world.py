"""All that a replay passes through, in one process, with rules that a test changes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from headwater.archive.archive import Archive
from headwater.archive.archiving import Archiver
from headwater.archive.files import Files
from headwater.archive.requests import StoredRequests
from headwater.cleaning.model import PART as CLEANING
from headwater.cleaning.model import Published as CleaningRules
from headwater.cleaning.model import Rule
from headwater.pipeline.event import Limits
from headwater.plans.model import PART as PLANS
from headwater.plans.model import Published as Plans
from headwater.quarantine.appending import Replays as Appending
from headwater.quarantine.model import Selection as Kept
from headwater.quarantine.model import State
from headwater.quarantine.quarantine import Quarantine
from headwater.replays.model import Selection
from headwater.replays.replays import Replays
from headwater.spec.again import Mode
from headwater.transformations.model import PART as TRANSFORMATIONS
from headwater.transformations.model import Definition, Ready, Secrets, Transformation
from headwater.transformations.model import Published as Transformations
from headwater.workspaces.model import Configuration
from tests.quarantine.world import World

EVERYTHING = Selection(source_ids=(), since=0, until=1 << 62)


class ReplayWorld(World):
    """A world whose rules can be set, and what was collected in it."""

    def __init__(self, folder: Path, *, is_archived: bool = True) -> None:
        self.rules: list[tuple[str, dict[str, Any]]] = []
        self.definitions: list[dict[str, Any]] = []
        self.plans = Plans()
        self.slept: list[float] = []
        super().__init__(folder)
        files = Files("on", folder / "archive")
        self.archiver = Archiver(self.log, self.changes, files, self.clock)
        archive = Archive(self.changes, files) if is_archived else None
        self.requests = StoredRequests(self.log, archive)
        self.replays = self._replays()

    def configuration(self) -> Configuration:
        held = super().configuration()
        workspace, source = held.workspaces[0].id, self.source.id
        rules = tuple(
            Rule(id=f"r{n}", name=f"r{n}", kind=kind, settings=settings)
            for n, (kind, settings) in enumerate(self.rules)
        )
        changes = tuple(
            Ready(
                Transformation(f"t{n}", f"t{n}", source, True, msgspec.convert(each, Definition)),
                Secrets(),
            )
            for n, each in enumerate(self.definitions)
        )
        parts = {
            CLEANING: CleaningRules({workspace: rules}),
            PLANS: self.plans,
            TRANSFORMATIONS: Transformations({source: changes}),
        }
        return msgspec.structs.replace(
            held, parts={name: msgspec.Raw(msgspec.json.encode(p)) for name, p in parts.items()}
        )

    def _quarantine(self) -> Quarantine:
        self.appending = Appending(self.log, self._pending)
        return Quarantine(
            self.changes, self.log, self, self.configuration, Limits(), self.appending
        )

    def _pending(self) -> set[str]:
        return self.quarantine.pending() | self.replays.runner.pending()

    def _replays(self) -> Replays:
        return Replays(
            self.changes,
            self.log,
            self.requests,
            self.appending,
            self,
            self.configuration,
            Limits(),
            self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)

    def archive(self) -> None:
        while self.archiver.run_once():
            pass

    def replay(
        self, selection: Selection = EVERYTHING, mode: Mode = Mode.AGAIN, rate: int = 0
    ) -> str:
        """Replay to the end, and let all be led and loaded. Returns the run's id."""

        async def whole() -> str:
            run = await self.replays.start(self.owner, selection, mode, rate)
            await self.replays.runner.until_done()
            return run.id

        run_id = asyncio.run(whole())
        self.settle()
        return run_id

    def asked(self, work: Callable[[Replays], Any]) -> Any:
        return asyncio.run(work(self.replays))

    def restart_control(self) -> None:
        """The control role is gone and comes anew."""
        super().restart()
        self.replays = self._replays()

    def quarantine_selection(self) -> Kept:
        return Kept(state=State.OPEN)

    def tables(self) -> dict[str, list[Any]]:
        """All rows of the source, by table, without columns and tables that hold nothing."""
        names = self.rows(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE (table_schema = 'shop' OR table_name = 'events_shop')"
        )
        found: dict[str, list[Any]] = {}
        for schema, name in names:
            with self.warehouses.workspace(self.owner.workspace_id).reading() as cursor:
                rows = cursor.sql(f'SELECT * FROM "{schema}"."{name}"').to_arrow_table()
            held = [
                {k: v for k, v in sorted(row.items()) if v is not None} for row in rows.to_pylist()
            ]
            if held:
                found[name] = sorted(held, key=repr)
        kept = self.rows("SELECT id, reason, raw FROM main.quarantine WHERE state IS NULL")
        return found | {"quarantine": sorted(kept)}


def track(message_id: str, event: str = "Sold", **members: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "ada", "messageId": message_id, **members}


def identify(message_id: str, user: str = "ada", **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "messageId": message_id, "traits": traits}


Rules = Sequence[tuple[str, Mapping[str, Any]]]
