"""A log with a collector and a pipeline, turned by hand, as the debugger reads it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from headwater.debugger.model import Seen, Whereabouts
from headwater.debugger.tail import Turn
from headwater.kit.clock import FakeClock
from headwater.logs.sqlite import SqliteLog
from headwater.pipeline.event import Limits
from headwater.ports import Entry, Owner, Record, Stream
from headwater.settings import Settings
from headwater.spec import collected
from headwater.workers.pipeline import PipelineWorker
from headwater.workers.seen import SeenIds
from headwater.workspaces.model import Configuration, Source, SourceType, Workspace


def source(number: int) -> Source:
    return Source(f"s{number}", "w", "Shop", f"shop{number}", SourceType.SERVER, (), True, 0)


SOURCES = {each.id: each for each in (source(1), source(2))}
CONFIGURATION = Configuration(1, (Workspace("w", "W", "w"),), tuple(SOURCES.values()))
LIMITS = Limits()


class World:
    """What was collected, and how far the pipeline is with it. The warehouse holds `held`."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.log = SqliteLog(folder / "log")
        self.collector = self.log.writer(Owner.COLLECTOR)
        self.pipeline = PipelineWorker(
            self.log,
            SeenIds(folder / "seen", days=30),
            lambda: CONFIGURATION,
            Settings(data_dir=folder),
            self.clock,
        )
        self.held = Whereabouts([], [])
        self.turn = Turn(self.log, LIMITS, self.log.ends(Stream.COLLECTED))

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        assert workspace_id == "w"
        return msgspec.json.encode([] if name == "event" else self.held)

    def send(self, *events: Any, source_id: str = "s1", **request: Any) -> None:
        """One batch request."""
        body = msgspec.json.encode({"batch": events})
        meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH, **request))
        record = Record(source_id, self.clock.now(), len(events), body, meta)
        self.collector.append(Entry({Stream.COLLECTED: [record]}))
        self.clock.advance(seconds=1)

    def lead(self) -> None:
        while self.pipeline.run_once():
            pass

    def take(self, source_ids: Collection[str] = ("s1",)) -> tuple[list[Seen], Mapping[str, int]]:
        return self.turn.take(source_ids, SOURCES)

    def outcomes(self, source_ids: Collection[str] = ("s1",)) -> list[tuple[str, str]]:
        seen, _ = self.take(source_ids)
        return [(each.message_id, each.outcome.value) for each in seen]

    def close(self) -> None:
        self.pipeline.close()
        self.collector.close()
        self.log.close()


def track(message_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Paid", "userId": "u", "messageId": message_id, **more}
