"""A pipeline worker over a memory log."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.kit.clock import FakeClock
from headwater.logs.memory import MemoryLog
from headwater.logs.sqlite.log import SqliteLog
from headwater.ports import Entry, Log, LogWriter, Owner, Record, Stream
from headwater.settings import Settings
from headwater.spec import accepted, collected, quarantined
from headwater.workers.pipeline import PipelineWorker
from headwater.workers.seen import SeenIds
from headwater.workspaces.model import Configuration, Source, SourceType

SOURCE = Source("s1", "w1", "Shop", "shop", SourceType.SERVER, ("c" * 25,), True, 0)
CONFIGURATION = Configuration(1, (), (SOURCE,))
NOW = 1_700_000_000_000_000


class Bench:
    """A log with a collector, and workers one after the other over the same folder."""

    def __init__(self, folder: Path, log: Log | None = None) -> None:
        self.folder = folder
        self.log = log or MemoryLog()
        self.collector = self.log.writer(Owner.COLLECTOR)
        self.clock = FakeClock(NOW)
        self.configuration: Configuration | None = CONFIGURATION
        self._worker: PipelineWorker | None = None

    def collect(
        self,
        message_ids: Sequence[str],
        *,
        received_at: int = NOW,
        collector: LogWriter | None = None,
    ) -> None:
        """One batch request with a track event for each message id."""
        batch = [
            {"type": "track", "event": "E", "userId": "u", "messageId": each}
            for each in message_ids
        ]
        body = msgspec.json.encode({"batch": batch})
        meta = collected.ENCODER.encode(collected.Request(collected.Shape.BATCH))
        record = Record("s1", received_at, len(batch), body, meta)
        writer = collector or self.collector
        writer.append(Entry(records={Stream.COLLECTED: [record]}))

    def worker(self, log: Log | None = None, *, spill_at: int = 1000, **options: Any):
        """A new worker, as after a restart; the one before it is gone."""
        if self._worker is not None:
            self._worker.close()
        seen = SeenIds(self.folder / "seen", days=30, spill_at=spill_at)
        settings = Settings(data_dir=self.folder, **options)
        self._worker = PipelineWorker(
            log or self.log, seen, lambda: self.configuration, settings, self.clock
        )
        return self._worker

    def accepted(self) -> list[str]:
        """The message ids in the accepted stream."""
        stored = self.log.read(Stream.ACCEPTED, {}, max_bytes=10**9)
        bodies = [accepted.decode(each.record.body) for each in stored]
        return [each for body in bodies for each in body.column("message_id").to_pylist()]

    def quarantined(self) -> list[str]:
        """The reasons in the quarantined stream."""
        stored = self.log.read(Stream.QUARANTINED, {}, max_bytes=10**9)
        return [e.reason for each in stored for e in quarantined.decode(each.record.body)]

    def close(self) -> None:
        """Let go of the log, as the end of the processes would."""
        if self._worker is not None:
            self._worker.close()
        self.collector.close()
        self.log.close()


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    log: Log = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "log")
    bench = Bench(tmp_path, log)
    yield bench
    bench.close()


@pytest.fixture
def drain() -> Callable[[PipelineWorker], int]:
    """Runs a worker until nothing is left. Returns how many events there were."""

    def run(worker: PipelineWorker) -> int:
        total = 0
        while done := worker.run_once():
            total += done
        return total

    return run
