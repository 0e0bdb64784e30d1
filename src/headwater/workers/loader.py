"""The loader as a service: accepted and quarantined events into the warehouses, exactly once.

Each load is one transaction of one workspace's warehouse, with the positions that it brings the
streams to. What another workspace's load read is read again by nobody: every warehouse's positions
are moved now and then, also where nothing was for it.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from headwater.errors import (
    WarehouseError,
    WarehouseLostError,
    WarehouseRefusedError,
    WarehouseStaleError,
)
from headwater.kit import metrics
from headwater.kit.clock import Clock, hour_of
from headwater.kit.logging import logger
from headwater.loading.announce import announce
from headwater.loading.model import (
    Catalog,
    Limits,
    Prepared,
    Quarantined,
    Replaced,
    SourceBatch,
    Violated,
)
from headwater.loading.prepare import prepare
from headwater.loading.replacing import AgainBatch, Decided, Standing, asked, decide
from headwater.naming import snake_case
from headwater.ports import LOADER, Log, Positions, Stored, Stream, add_tallies
from headwater.settings import Settings
from headwater.spec import accepted, again, quarantined, violations
from headwater.workspaces.model import Configuration

_MOST_REFUSED: Final = 100
"""More events than this are not at fault each by itself: the load waits for a remedy."""
_READ_BYTES: Final = 32_000_000
_IDLE_CHECKPOINT_SECONDS: Final = 20.0
_MOVE_EVERY_SECONDS: Final = 30.0
_STREAMS: Final = (Stream.ACCEPTED, Stream.QUARANTINED, Stream.VIOLATIONS)


Refused = Sequence[Mapping[int, str]]
"""Why the warehouse refuses rows of some batches, by the row's number in each."""


class Target(Protocol):
    """A workspace's warehouse, as far as loading needs it."""

    @property
    def catalog(self) -> Catalog: ...

    def sources(self) -> dict[str, str]: ...


class Part(msgspec.Struct):
    """What a round has for one workspace."""

    batches: list[SourceBatch] = []
    again: list[AgainBatch] = []
    quarantined: list[Quarantined] = []
    violations: list[Violated] = []
    slugs: dict[str, str] = {}


class Targets(Protocol):
    """The warehouses that the loader loads."""

    def workspace(self, workspace_id: str) -> Target: ...

    def positions(self) -> Mapping[str, Mapping[str, Positions]]: ...

    def commit(
        self,
        workspace_id: str,
        prepared: Prepared,
        quarantined: Sequence[Quarantined],
        slugs: Mapping[str, str],
        positions: Mapping[str, Positions],
        replaced: Replaced | None = None,
        violations: Sequence[Violated] = (),
    ) -> None:
        """All of this in one transaction. Raises WarehouseError."""
        ...

    def standing(
        self, workspace_id: str, source_id: str, slug: str, ids: Sequence[str]
    ) -> Standing:
        """What a source has of these messageIds. Raises WarehouseError."""
        ...

    def refusal(self, workspace_id: str, prepared: Prepared) -> WarehouseRefusedError | None:
        """Why these rows cannot be loaded, tried in a transaction that is taken back.

        Raises WarehouseError where that cannot be told, for the machine is at fault.
        """
        ...

    def checkpoint(self) -> None: ...


class LoaderWorker:
    """Loads what the pipeline let through. For one thread."""

    name = "loader"

    def __init__(
        self,
        log: Log,
        targets: Targets,
        configuration: Callable[[], Configuration | None],
        settings: Settings,
        clock: Clock,
        *,
        end: Callable[[], None] | None = None,
    ) -> None:
        """`end` ends the process: called when the database must be opened anew."""
        self._log = log
        self._targets = targets
        self._configuration = configuration
        self._clock = clock
        self._limits = Limits(settings.max_columns, settings.max_event_tables)
        self._most_events = settings.load_max_events
        self._end = end or (lambda: os._exit(3))
        self._read: dict[Stream, dict[str, int]] = {}
        self._loaded: dict[str, Mapping[str, Positions]] = {}
        self._slugs: dict[str, tuple[str, str]] = {}
        self._announced = -1
        self._is_recovered = False
        self._last_load = time.monotonic()
        self._is_checkpoint_due = False
        self._moved_at = time.monotonic()

    def run_once(self) -> int:
        """Load the next events. Returns how many records of the log that took."""
        configuration = self._configuration()
        if configuration is None:
            return 0
        try:
            if not self._is_recovered:
                self._recover()
            self._announce(configuration)
            done = self._load_next(configuration)
            self._tidy()
        except WarehouseError as error:
            self._is_recovered = False
            if isinstance(error, WarehouseLostError):
                logger(self.name).error("warehouse.lost", error=error.message)
                self._end()
            raise
        return done

    def _recover(self) -> None:
        """Go on from what the warehouses hold: at the start, and after a load that failed."""
        self._loaded = dict(self._targets.positions())
        self._read = {}
        for stream in _STREAMS:
            of_stream = [held.get(stream.value, {}) for held in self._loaded.values()]
            partitions = {name for positions in of_stream for name in positions}
            self._read[stream] = {
                name: min(positions.get(name, 0) for positions in of_stream) for name in partitions
            }
        self._slugs = {
            source_id: (workspace_id, slug)
            for workspace_id in self._loaded
            for source_id, slug in self._targets.workspace(workspace_id).sources().items()
        }
        self._announced = -1
        self._is_recovered = True

    def _announce(self, configuration: Configuration) -> None:
        """Have the tables of every source there, also before its first event."""
        if configuration.version == self._announced:
            return
        by_workspace: dict[str, dict[str, str]] = {w.id: {} for w in configuration.workspaces}
        for source in configuration.sources:
            by_workspace.setdefault(source.workspace_id, {})[source.id] = source.slug
            self._slugs[source.id] = (source.workspace_id, source.slug)
        for workspace_id, slugs in by_workspace.items():
            target = self._targets.workspace(workspace_id)
            prepared = announce(slugs.values(), target.catalog, self._limits)
            if prepared.changes or slugs.keys() - target.sources().keys():
                self._targets.commit(workspace_id, prepared, [], slugs, {})
        self._announced = configuration.version

    def _load_next(self, configuration: Configuration) -> int:
        stored = {stream: self._next(stream) for stream in _STREAMS}
        count = sum(map(len, stored.values()))
        if not count:
            return 0
        started = time.monotonic()
        reached = {stream: dict(self._read[stream]) for stream in _STREAMS}
        for stream, records in stored.items():
            for record in records:
                reached[stream][record.partition] = record.position
        parts = self._parts(stored, self._configuration_of(stored, configuration))
        for workspace_id, part in parts.items():
            self._load(workspace_id, part, _named(reached))
        self._read = reached
        for stream in _STREAMS:
            self._log.acknowledge(LOADER, stream, reached[stream])
        self._measure(stored[Stream.ACCEPTED], time.monotonic() - started)
        self._last_load = time.monotonic()
        self._is_checkpoint_due = True
        return count

    def _next(self, stream: Stream) -> Sequence[Stored]:
        """The next records, in all about as many events as one load may have. What a replay sent
        again is loaded by itself, after what came before it."""
        stored = self._log.read(
            stream, self._read[stream], max_bytes=_READ_BYTES, max_records=self._most_events
        )
        events = 0
        for index, each in enumerate(stored):
            events += each.record.count
            is_another = bool(each.record.meta) != bool(stored[0].record.meta)
            if index and (events > self._most_events or is_another):
                return stored[:index]
        return stored

    def _parts(
        self, stored: Mapping[Stream, Sequence[Stored]], configuration: Configuration
    ) -> Mapping[str, Part]:
        """What there is for each workspace, without what it has loaded before."""
        parts: dict[str, Part] = {}
        for stream, records in stored.items():
            for each in records:
                workspace_id, slug = self._home(each.record.source_id, configuration)
                held = self._loaded.get(workspace_id, {}).get(stream.value, {})
                if each.position <= held.get(each.partition, 0):
                    continue
                part = parts.setdefault(workspace_id, Part())
                _put(part, stream, each, slug)
        return parts

    def _configuration_of(
        self, stored: Mapping[Stream, Sequence[Stored]], configuration: Configuration
    ) -> Configuration:
        """The configuration that knows the records' sources: announcing takes a while, and a source
        may have been made, and have sent, since this one was read."""
        sources = {each.record.source_id for records in stored.values() for each in records}
        if sources <= self._slugs.keys():
            return configuration
        newest = self._configuration() or configuration
        self._announce(newest)
        return newest

    def _home(self, source_id: str, configuration: Configuration) -> tuple[str, str]:
        """The workspace and slug of a source, also of one that was deleted meanwhile."""
        if source_id not in self._slugs:
            first = configuration.workspaces[0].id
            self._slugs[source_id] = (first, f"deleted_{snake_case(source_id)}")
        return self._slugs[source_id]

    def _load(self, workspace_id: str, part: Part, positions: Mapping[str, Positions]) -> None:
        """Load a part, anew where a repair changed the tables between preparing and committing."""
        try:
            self._prepare_and_commit(workspace_id, part, positions)
        except WarehouseStaleError:
            self._prepare_and_commit(workspace_id, part, positions)

    def _prepare_and_commit(
        self, workspace_id: str, part: Part, positions: Mapping[str, Positions]
    ) -> None:
        """Load a part; an event that cannot be loaded whatever is tried is kept aside."""
        catalog = self._targets.workspace(workspace_id).catalog
        decided = self._decided(workspace_id, part)

        def commit(refused: Refused = ()) -> Prepared:
            prepared = prepare(decided.batches, catalog, self._limits, refused)
            if decided.tallies:
                tallies = add_tallies([*prepared.tallies, *decided.tallies])
                prepared = msgspec.structs.replace(prepared, tallies=tallies)
            aside = [*part.quarantined, *decided.quarantined]
            self._targets.commit(
                *(workspace_id, prepared, aside, part.slugs, positions, decided.replaced),
                violations=part.violations,
            )
            return prepared

        try:
            prepared = commit()
        except WarehouseRefusedError as error:
            refused = self._refused(workspace_id, decided.batches)
            logger(self.name).error("load.refused", error=error.message, events=_count(refused))
            if not 0 < _count(refused) <= _MOST_REFUSED:
                raise
            prepared = commit(refused)
        self._loaded[workspace_id] = positions
        for conflict in prepared.conflicts:
            metrics.TYPE_CONFLICTS.labels(conflict.reason.value).inc(conflict.count)

    def _decided(self, workspace_id: str, part: Part) -> Decided:
        """What is to be loaded of a part, and what gives way to it."""
        if not part.again:
            return Decided(part.batches, None, (), ())
        standing = {
            source_id: self._targets.standing(workspace_id, source_id, slug, ids)
            for source_id, (slug, ids) in asked(part.again).items()
        }
        return decide(part.again, standing)

    def _refused(self, workspace_id: str, batches: Sequence[SourceBatch]) -> Refused:
        """The events that the warehouse refuses one by one, found by halving; no more than it
        takes to see that the fault is not theirs."""
        refused: list[dict[int, str]] = [{} for _ in batches]
        spans = [(index, 0, batch.events.num_rows) for index, batch in enumerate(batches)]
        while spans and _count(refused) <= _MOST_REFUSED:
            index, start, end = spans.pop()
            batch = batches[index]
            part = msgspec.structs.replace(batch, events=batch.events.slice(start, end - start))
            catalog = self._targets.workspace(workspace_id).catalog
            prepared = prepare([part], catalog, self._limits)
            error = self._targets.refusal(workspace_id, prepared)
            if error is None:
                continue
            if end - start == 1:
                refused[index][start] = error.message
                continue
            middle = (start + end) // 2
            spans += [(index, start, middle), (index, middle, end)]
        return refused

    def _tidy(self) -> None:
        now = time.monotonic()
        if now - self._moved_at > _MOVE_EVERY_SECONDS:
            self._moved_at = now
            self._move_all()
        if self._is_checkpoint_due and now - self._last_load > _IDLE_CHECKPOINT_SECONDS:
            self._is_checkpoint_due = False
            self._targets.checkpoint()

    def _move_all(self) -> None:
        """Bring all warehouses' positions to where the streams have been read."""
        reached = _named(self._read)
        for workspace_id, held in list(self._loaded.items()):
            if held != reached:
                catalog = self._targets.workspace(workspace_id).catalog
                nothing = announce([], catalog, self._limits)
                self._targets.commit(workspace_id, nothing, [], {}, reached)
                self._loaded[workspace_id] = reached

    def _measure(self, records: Sequence[Stored], seconds: float) -> None:
        metrics.LOAD_SECONDS.observe(seconds)
        metrics.LOADED_ROWS.inc(sum(each.record.count for each in records))
        if records:
            oldest = min(each.record.received_at for each in records)
            metrics.FRESHNESS_SECONDS.observe((self._clock.now() - oldest) / 1e6)


def _named(positions: Mapping[Stream, Positions]) -> Mapping[str, Positions]:
    return {stream.value: dict(of_stream) for stream, of_stream in positions.items()}


def _put(part: Part, stream: Stream, each: Stored, slug: str) -> None:
    record = each.record
    part.slugs[record.source_id] = slug
    if stream is Stream.ACCEPTED:
        hour, note = hour_of(record.received_at), again.note(record.meta)
        if note is not None and note.left_out:
            part.again.append(
                AgainBatch(
                    *(record.source_id, slug, hour, note.mode),
                    left_out=again.decode(record.body),
                )
            )
            return
        events = accepted.decode(record.body)
        if note is None:
            part.batches.append(SourceBatch(record.source_id, slug, hour, events))
        else:
            part.again.append(AgainBatch(record.source_id, slug, hour, note.mode, events))
    elif stream is Stream.VIOLATIONS:
        part.violations += [
            Violated(record.source_id, slug, found) for found in violations.decode(record.body)
        ]
    else:
        part.quarantined += [
            Quarantined(record.source_id, slug, event) for event in quarantined.decode(record.body)
        ]


def _count(refused: Refused) -> int:
    return sum(map(len, refused))
