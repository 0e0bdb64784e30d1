"""One run of a pull: read, compare, send what changed, and know it only when the server has it.

A run that was cut short is taken up by the next: what was sent without its answer being seen is
found again as the same change, with the same messageIds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import xxhash

from headwater.imports.batches import Encoded, batches, encode
from headwater.imports.model import FileMapping, Made, Row, RowRejectedError, RowSkippedError
from headwater.imports.rejects import Rejects
from headwater.imports.rows_to_events import MappedRows
from headwater.imports.sending import Sender
from headwater.imports.simple import simple
from headwater.pulls.around import Around, StoppedError
from headwater.pulls.changes import DELETED, Change, Step, deletions, key_of, seen
from headwater.pulls.definition import Definition
from headwater.pulls.reading import LAST, Reader, before, opened, read_back, statement, written
from headwater.pulls.rest.definition import RestDefinition
from headwater.pulls.rest.opening import opened_api
from headwater.pulls.state import Known, PullState, open_state

_GONE_AT_ONCE: Final = 1_000
Open = Callable[[str, Mapping[str, str]], AbstractContextManager[Reader]]


class Pulled(msgspec.Struct):
    """What a run did: rows read, changes by kind, events accepted, rows rejected or skipped,
    requests made; which resource it was at, and whether it was told to stop."""

    rows: int = 0
    changes: Counter[str] = msgspec.field(default_factory=Counter)
    events: int = 0
    rejected: int = 0
    skipped: int = 0
    requests: int = 0
    part: str = ""
    is_stopped: bool = False


class Job(msgspec.Struct, frozen=True):
    """What a run is of."""

    definition: Definition | RestDefinition
    source_id: str
    write_key: str
    data_dir: Path
    rejected: Path
    is_new_source: bool = False
    is_reset: bool = False
    """Forget what earlier runs saw: every row is new."""
    around: Around = msgspec.field(default_factory=Around)


class _Part(NamedTuple):
    """What shares a mapping and a state: the rows of a query, or of one resource."""

    name: str
    id: str
    mapping: FileMapping
    state: PullState
    steps: Iterator[Step]


def run(
    job: Job,
    client: httpx.Client,
    report: Callable[[Pulled], None] = lambda _: None,
    *,
    open_database: Open = opened,
) -> Pulled:
    """Pull once. Raises PullError, MappingError and, of sending, what `Sender` raises."""
    definition = job.definition
    with (
        open_state(job.data_dir, definition.id_in(job.source_id), is_new=job.is_reset) as state,
        _parts(job, state, open_database) as parts,
        Rejects(job.rejected, is_kept=_is_incremental(definition)) as rejects,
    ):
        return _Run(job, rejects, client, report).whole(parts)


@contextmanager
def _parts(job: Job, state: PullState, open_database: Open) -> Iterator[list[_Part]]:
    definition, around = job.definition, job.around
    pull_id = definition.id_in(job.source_id)
    if isinstance(definition, Definition):
        with open_database(definition.pull.url, around.secrets) as reader:
            steps = changes_of(definition, reader, state, around)
            yield [_Part("", pull_id, definition.mapping, state, steps)]
        return
    with opened_api(definition, state, around, job.data_dir) as readings:
        yield [
            _Part(
                resource.name,
                xxhash.xxh3_128_hexdigest(f"{pull_id} {resource.name}".encode()),
                resource.mapping,
                state.of(resource.name),
                reading.steps(),
            )
            for resource, reading in zip(definition.resources, readings, strict=True)
        ]


def _is_incremental(definition: Definition | RestDefinition) -> bool:
    """Whether a run does not see all rows, so that what earlier ones rejected stays."""
    return isinstance(definition, RestDefinition) or bool(definition.pull.cursor)


def changes_of(
    definition: Definition, reader: Reader, state: PullState, around: Around
) -> Iterator[Step]:
    """What changed among the rows of a query."""
    query = definition.pull
    number = int(state.note("run") or 0) + 1
    yield Step(notes={"run": str(number)})  # first: what a run that was cut short saw is older
    kind = state.note("cursor_kind")
    values = {}
    if query.cursor and kind:
        last = read_back(kind, state.note("cursor"))
        values[LAST] = before(last, query.overlap_seconds)
    for rows in reader.pieces(statement(query, is_first=not values), values):
        if around.stop.is_set():
            raise StoppedError
        records = [simple(dict(row)) for row in rows]
        keys = [key for record in records if (key := key_of(record, query.key)) is not None]
        known = state.known(list(dict.fromkeys(keys)))
        found = seen(records, query.key, known, number, may_repeat=bool(query.cursor))
        notes = {}
        if query.cursor:
            notes["cursor_kind"], notes["cursor"] = written(rows[-1], query.cursor)
        yield Step(found.changes, found.unchanged, found.refused, notes, len(rows))
    if query.deletes and not query.cursor:
        last_key = ""
        while gone := state.gone(number, last_key, _GONE_AT_ONCE):
            last_key = gone[-1][0]  # one whose event is rejected is looked at by the next run
            yield Step(deletions(gone, query.key, number))


class _Run:
    def __init__(
        self,
        job: Job,
        rejects: Rejects,
        client: httpx.Client,
        report: Callable[[Pulled], None],
    ) -> None:
        self._job = job
        self._rejects = rejects
        self._client = client
        self._report = report
        self.done = Pulled()

    def whole(self, parts: Sequence[_Part]) -> Pulled:
        mapped = [MappedRows(part.mapping, None) for part in parts]  # all are sound, or none runs
        with Sender(
            self._client,
            self._job.write_key,
            lambda batch: None,  # noqa: ARG005
            is_new_key=self._job.is_new_source,
        ) as sender:
            try:
                for part, rows in zip(parts, mapped, strict=True):
                    self.done.part = part.name
                    for step in part.steps:
                        self._take(step, part, rows, sender)
                        self._report(self.done)
            except StoppedError:
                self.done.is_stopped = True
        return self.done

    def _take(self, step: Step, part: _Part, mapped: MappedRows, sender: Sender) -> None:
        for record, why in step.refused:
            self._reject(record, why)
        taken: dict[str, Known] = dict(step.unchanged)
        events = list(self._events(step.changes, taken, part, mapped))
        for batch in batches(events):
            sender.send(batch)
        sender.drain()
        part.state.keep(taken, step.notes)
        self.done.rows += step.rows
        self.done.requests += step.requests
        self.done.events += len(events)

    def _events(
        self,
        changes: Iterable[Change],
        taken: dict[str, Known],
        part: _Part,
        mapped: MappedRows,
    ) -> Iterator[Encoded]:
        """The events of changes. `taken` learns those that made what they should."""
        look = self._job.around.look
        for change in changes:
            if look is not None and change.kind != DELETED:
                look(change.record)
            row = Row(0, 0, msgspec.json.encode(change.record).decode(), ())
            try:
                made = [_encoded(each, change, part.id) for each in mapped.convert(row, None)]
            except RowSkippedError:
                self.done.skipped += 1
                made = []
            except RowRejectedError as problem:
                # Not taken: it is looked at again when the pull, or its mapping, runs again.
                self._reject(change.record, str(problem))
                continue
            self.done.changes[change.kind] += 1
            taken[change.key] = change.known
            yield from made

    def _reject(self, record: Any, why: str) -> None:
        self.done.rejected += 1
        self._rejects.add(Row(0, 0, msgspec.json.encode(record).decode(), ()), why)


def _encoded(made: Made, change: Change, part_id: str) -> Encoded:
    event = {"messageId": f"{part_id[:16]}-{change.id}-{made.ordinal}", **made.event}
    return encode(made._replace(event=event), part_id)
