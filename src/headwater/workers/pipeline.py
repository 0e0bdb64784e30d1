"""The pipeline as a service: collected requests in, accepted and quarantined events out.

A batch's events, its tallies, the ids that it adds and how far it has read are appended as one
entry. A crash at any moment therefore leaves a batch done or not begun, never half of it.
"""

import gc
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from headwater.debugger.backwards import backwards
from headwater.governing import compile_program
from headwater.kit import metrics
from headwater.kit.clock import Clock
from headwater.kit.logging import logger
from headwater.kit.service import Service, run_forever
from headwater.kit.vault import open_vault
from headwater.pipeline.batch import Batch, Settled, process, settle
from headwater.pipeline.dedupe import decode_marks
from headwater.pipeline.event import Limits
from headwater.pipeline.program import NO_PROGRAMS, Memory, Programs
from headwater.ports import Log, Outcome, Owner, Retention, Stored, Stream
from headwater.settings import Settings
from headwater.transformations.opening import OpenedConfiguration
from headwater.workers.seen import SeenIds
from headwater.workspaces.model import Configuration

CONSUMER: Final = "pipeline"

_READ_BYTES: Final = 8_000_000
_RETAIN_EVERY_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.05
_REMEMBERED_REQUESTS: Final = 20_000
_REMEMBERED_BYTES: Final = 32_000_000
_DAY_SECONDS: Final = 86_400.0


class PipelineWorker:
    """The one writer of the accepted and quarantined streams. For one thread."""

    name = "pipeline"

    def __init__(
        self,
        log: Log,
        seen: SeenIds,
        configuration: Callable[[], Configuration | None],
        settings: Settings,
        clock: Clock,
    ) -> None:
        """`configuration` gives the newest published one. Raises LogError when another process
        is the writer."""
        self._log = log
        self._seen = seen
        self._configuration = configuration
        self._clock = clock
        self._most_events = settings.batch_max_events
        self._limits = Limits(
            settings.max_event_bytes, settings.max_batch_events, settings.max_nesting
        )
        self._retention = Retention(
            settings.log_max_age_days * _DAY_SECONDS, settings.log_max_bytes
        )
        self._writer = log.writer(Owner.PIPELINE)
        self._positions: Mapping[str, int] = {}
        self._ahead: Sequence[Stored] = ()  # read, and not yet led through
        self._is_recovered = False
        self._governed: Configuration | None = None  # what the programs were made of
        self._programs = NO_PROGRAMS
        self._memory = Memory()
        self._is_reminded = False
        self._received_at = 0
        self._retain_at = 0.0

    def run_once(self) -> int:
        """Lead the next requests through the pipeline. Returns how many events they held.

        Without a published configuration nothing is read: no source is known yet.
        """
        if not self._is_recovered:
            self._recover()
        requests = self._next_requests()
        # Asked after reading, so that it knows the sources of all that was read.
        configuration = self._configuration() if requests else None
        if configuration is None:
            self._tidy()
            return 0
        started = time.monotonic()
        programs = self._programs_of(configuration)
        self._is_recovered = False  # until it is known that the append was done
        batch = process(
            requests,
            configuration.by_id(),
            self._limits,
            after=self._positions,
            programs=programs,
        )
        if not batch.newest:  # replays alone: their ids are remembered from now on
            batch.oldest = batch.newest = self._clock.now()
        settled = settle(batch, self._seen.fresh(batch.digests()))
        if self._seen.is_full(batch.newest):
            self._spill()
        self._append(batch, settled)
        self._tidy()
        self._measure(settled, time.monotonic() - started)
        return batch.count

    def _programs_of(self, configuration: Configuration) -> Programs:
        """The programs of the newest configuration. Their stages remember what they did before."""
        if configuration is not self._governed:
            self._memory.keep_asked()
            self._programs = compile_program(configuration, self._memory)
            self._governed = configuration
        if not self._is_reminded:
            self._is_reminded = True
            self._remind(configuration)
        return self._programs

    def _remind(self, configuration: Configuration) -> None:
        """Let the stages that remember see again the requests that were led through last."""
        for source in configuration.sources:
            self._programs.of(source.id)
        if not self._memory.is_used:
            return
        last = backwards(
            self._log,
            requests=_REMEMBERED_REQUESTS,
            size=_REMEMBERED_BYTES,
            ends=self._positions,
        )
        requests, sources = list(last)[::-1], configuration.by_id()
        self._memory.is_reminding = True
        try:
            while requests:
                batch = process(
                    requests[: self._most_events],
                    sources,
                    self._limits,
                    after={},
                    programs=self._programs,
                )
                requests = requests[batch.requests :]
        finally:
            self._memory.is_reminding = False

    def close(self) -> None:
        """Let go of the streams."""
        self._writer.close()

    def _recover(self) -> None:
        """Go on from what the log holds: at the start, and after a batch that failed."""
        self._ahead = ()
        self._memory.forget()
        self._governed = None
        self._is_reminded = False
        self._positions = self._writer.consumed(Stream.COLLECTED)
        for _, note in self._writer.marks():
            self._seen.remember(decode_marks(note))
        self._is_recovered = True

    def _next_requests(self) -> Sequence[Stored]:
        """As many requests as make a batch: at least one, where there is any."""
        ahead = self._ahead
        events = sum(each.record.count for each in ahead)
        if events < self._most_events and sum(len(e.record.body) for e in ahead) < _READ_BYTES:
            self._read_ahead()
        events = 0
        for index, each in enumerate(self._ahead):
            events += each.record.count
            if events > self._most_events:
                return self._ahead[: max(index, 1)]
        return self._ahead

    def _read_ahead(self) -> None:
        after = dict(self._positions)
        for each in self._ahead:
            after[each.partition] = each.position
        more = self._log.read(
            Stream.COLLECTED, after, max_bytes=_READ_BYTES, max_records=self._most_events
        )
        self._ahead = [*self._ahead, *more]

    def _append(self, batch: Batch, settled: Settled) -> None:
        self._writer.append(settled.entry)
        self._positions = batch.positions
        self._ahead = self._ahead[batch.requests :]
        if settled.marks is not None:
            self._seen.remember(settled.marks)
        self._is_recovered = True
        self._received_at = max(self._received_at, batch.newest)
        self._log.acknowledge(CONSUMER, Stream.COLLECTED, batch.positions)

    def _spill(self) -> None:
        numbers = [number for number, _ in self._writer.marks()]
        self._seen.spill()
        if numbers:  # only now: until then the log alone survives a crash
            self._writer.forget_marks(numbers[-1])

    def _tidy(self) -> None:
        self._seen.tidy(self._received_at)
        if time.monotonic() >= self._retain_at:
            self._retain_at = time.monotonic() + _RETAIN_EVERY_SECONDS
            self._log.retain(self._retention, now=self._clock.now())

    def _measure(self, settled: Settled, seconds: float) -> None:
        for tally in settled.entry.tallies:
            if tally.outcome is Outcome.TOUCHED:
                continue  # counted by what became of them
            metrics.PIPELINE_EVENTS.labels(tally.outcome.value, tally.reason).inc(tally.count)
        metrics.PIPELINE_SECONDS.observe(seconds)
        metrics.SEEN_IDS.set(len(self._seen))


class Paced(Service):
    """Lets requests gather: a batch of a few events costs as much as one of hundreds."""

    def __init__(self, worker: PipelineWorker, enough: int) -> None:
        """A batch of fewer than `enough` events counts as nothing done: a pause follows it."""
        self.name = worker.name
        self._worker = worker
        self._enough = enough

    def run_once(self) -> int:
        done = self._worker.run_once()
        return done if done >= self._enough else 0


def run(settings: Settings, log: Log, clock: Clock, stop: threading.Event) -> None:
    """Run the pipeline until `stop` is set; then finish what was collected, within the time
    that settings.drain_seconds gives."""
    seen = SeenIds(settings.data_dir / "seen", days=settings.dedupe_days)
    vault = open_vault(settings.data_dir, settings.secret_key)
    configuration = OpenedConfiguration(settings.data_dir, vault)
    worker = PipelineWorker(log, seen, configuration.current, settings, clock)
    logger(worker.name).info("pipeline.started", seen_ids=len(seen))
    _calm_garbage_collection()
    try:
        paced = Paced(worker, settings.batch_max_events // 10)
        run_forever(paced, stop, idle_seconds=_PAUSE_SECONDS)
        end = time.monotonic() + settings.drain_seconds
        while time.monotonic() < end and worker.run_once():
            pass
    finally:
        worker.close()


def _calm_garbage_collection() -> None:
    """A batch makes no cycles, but many objects: looking through them all found nothing and took a
    fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
