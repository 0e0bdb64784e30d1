"""The pipeline as a service: collected requests in, accepted and quarantined events out.

A batch's events, its tallies, the ids that it adds and how far it has read are appended as one
entry. A crash at any moment therefore leaves a batch done or not begun, never half of it.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from headwater.debugger.backwards import backwards
from headwater.functions import workshop
from headwater.governing import made_of
from headwater.kit import metrics
from headwater.kit.clock import Clock
from headwater.kit.logging import logger
from headwater.kit.service import Service, run_forever
from headwater.kit.vault import open_vault
from headwater.opening import OpenedConfiguration
from headwater.pipeline.again import Again, run_of
from headwater.pipeline.batch import Batch, Settled, process, settle
from headwater.pipeline.dedupe import decode_marks
from headwater.pipeline.event import Limits
from headwater.pipeline.program import Programs
from headwater.ports import REPLAYS, Log, Outcome, Owner, Retention, Stored, Stream
from headwater.settings import Settings
from headwater.workers.forwards import ForwardWorker
from headwater.workers.remembered import BYTES, REQUESTS, Remembered
from headwater.workers.seen import SeenIds
from headwater.workers.webhooks import WebhookWorker
from headwater.workspaces.model import Configuration

CONSUMER: Final = "pipeline"

_READ_BYTES: Final = 8_000_000
_RETAIN_EVERY_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.05
_FORWARD_SECONDS: Final = 0.25
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
        self._first = self._remembered("")
        self._again: tuple[str, Remembered] | None = None
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
        run = run_of(requests[0])
        again = Again() if run else None
        programs = self._programs_of(configuration, run)
        self._is_recovered = False  # until it is known that the append was done
        batch = process(
            requests,
            configuration.by_id(),
            self._limits,
            after=self._positions,
            programs=programs,
            witness=again,
        )
        if not batch.newest:  # replays alone: their ids are remembered from now on
            batch.oldest = batch.newest = self._clock.now()
        if again is None:
            settled = settle(batch, self._seen.fresh(batch.digests()))
        else:
            settled = again.settle(batch, self._seen.fresh)
        if self._seen.is_full(batch.newest):
            self._spill()
        self._append(batch, settled)
        self._tidy()
        self._measure(settled, time.monotonic() - started)
        return batch.count

    def _programs_of(self, configuration: Configuration, run: str) -> Programs:
        """The programs that the events of a replay are led through, or else those of what comes
        first: each remembers its own."""
        if not run:
            return self._first.of(configuration)
        if self._again is None or self._again[0] != run:
            self._again = run, self._remembered(run)
        return self._again[1].of(configuration)

    def _remembered(self, run: str) -> Remembered:
        def last() -> Iterator[Stored]:
            ends = self._positions
            if run:
                ends = {name: end for name, end in ends.items() if name == REPLAYS}
            found = backwards(self._log, requests=REQUESTS, size=BYTES, ends=ends, again=bool(run))
            return (each for each in found if run_of(each) == run)

        return Remembered(last, self._limits, self._most_events)

    def close(self) -> None:
        """Let go of the streams."""
        self._writer.close()

    def _recover(self) -> None:
        """Go on from what the log holds: at the start, and after a batch that failed."""
        self._ahead = ()
        self._first.forget()
        self._again = None
        self._positions = self._writer.consumed(Stream.COLLECTED)
        for _, note in self._writer.marks():
            self._seen.remember(decode_marks(note))
        self._is_recovered = True

    def _next_requests(self) -> Sequence[Stored]:
        """As many requests as make a batch: at least one, where there is any. What a replay sends
        again makes batches of its own."""
        ahead = self._ahead
        events = sum(each.record.count for each in ahead)
        if events < self._most_events and sum(len(e.record.body) for e in ahead) < _READ_BYTES:
            self._read_ahead()
        events, run = 0, run_of(self._ahead[0]) if self._ahead else ""
        for index, each in enumerate(self._ahead):
            events += each.record.count
            if index and (events > self._most_events or run_of(each) != run):
                return self._ahead[:index]
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
    that settings.drain_seconds gives.

    What webhook sources are sent is made into events beside it, on a thread: a handler that takes
    its time keeps no other source waiting.
    """
    with workshop.opened(settings, clock, records=True):
        _run(settings, log, clock, stop)


def _run(settings: Settings, log: Log, clock: Clock, stop: threading.Event) -> None:
    seen = SeenIds(settings.data_dir / "seen", days=settings.dedupe_days)
    vault = open_vault(settings.data_dir, settings.secret_key)
    configuration = OpenedConfiguration(settings.data_dir, vault)
    worker = PipelineWorker(log, seen, configuration.current, settings, clock)
    logger(worker.name).info("pipeline.started", seen_ids=len(seen))
    _calm_garbage_collection()
    # Each thread reads the configuration for itself.
    published = OpenedConfiguration(settings.data_dir, vault)
    webhooks = WebhookWorker(log, published.current, made_of)
    making = threading.Thread(
        target=_make_events, args=(webhooks, settings, stop), name="webhooks", daemon=True
    )
    making.start()
    forwarding = threading.Thread(
        target=_forward, args=(ForwardWorker(log), stop), name="forwards", daemon=True
    )
    forwarding.start()
    try:
        paced = Paced(worker, settings.batch_max_events // 10)
        run_forever(paced, stop, idle_seconds=_PAUSE_SECONDS)
        end = time.monotonic() + settings.drain_seconds
        making.join(settings.drain_seconds)
        forwarding.join(settings.drain_seconds)
        while time.monotonic() < end and worker.run_once():
            pass
    finally:
        worker.close()


def _make_events(worker: WebhookWorker, settings: Settings, stop: threading.Event) -> None:
    """Make events of what webhook sources are sent until `stop` is set, and then of the rest."""
    try:
        run_forever(worker, stop, idle_seconds=_PAUSE_SECONDS)
        end = time.monotonic() + settings.drain_seconds
        while time.monotonic() < end and worker.run_once():
            pass
    finally:
        worker.close()


def _forward(worker: ForwardWorker, stop: threading.Event) -> None:
    """Bring what plans forward to its source until `stop` is set. The rest waits in the log."""
    try:
        run_forever(worker, stop, idle_seconds=_FORWARD_SECONDS)
    finally:
        worker.close()


def _calm_garbage_collection() -> None:
    """A batch makes no cycles, but many objects: looking through them all found nothing and took a
    fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
