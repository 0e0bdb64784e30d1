"""One run of a pull: read, compare, send what changed, and know it only when the server has it.

A run that was cut short is taken up by the next: what was sent without its answer being seen is
found again as the same change, with the same messageIds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from headwater.imports.batches import Encoded, batches, encode
from headwater.imports.model import Made, Row, RowRejectedError, RowSkippedError
from headwater.imports.rejects import Rejects
from headwater.imports.rows_to_events import MappedRows
from headwater.imports.sending import Sender
from headwater.imports.simple import simple
from headwater.pulls.changes import Change, deletions, key_of, seen
from headwater.pulls.definition import Definition
from headwater.pulls.reading import LAST, Reader, before, opened, read_back, statement, written
from headwater.pulls.state import Known, PullState, open_state

_GONE_AT_ONCE: Final = 1_000
Open = Callable[[str], AbstractContextManager[Reader]]


class Pulled(msgspec.Struct):
    """What a run did: rows read, changes by kind, events accepted, rows rejected or skipped."""

    rows: int = 0
    changes: Counter[str] = msgspec.field(default_factory=Counter)
    events: int = 0
    rejected: int = 0
    skipped: int = 0


class Job(msgspec.Struct, frozen=True):
    """What a run is of."""

    definition: Definition
    source_id: str
    write_key: str
    data_dir: Path
    rejected: Path
    is_new_source: bool = False
    is_reset: bool = False
    """Forget what earlier runs saw: every row is new."""


def run(
    job: Job,
    client: httpx.Client,
    report: Callable[[Pulled], None] = lambda _: None,
    *,
    open_database: Open = opened,
) -> Pulled:
    """Pull once. Raises PullError, MappingError and, of sending, what `Sender` raises."""
    definition = job.definition
    pull_id = definition.id_in(job.source_id)
    with (
        open_database(definition.pull.url) as reader,
        open_state(job.data_dir, pull_id, is_new=job.is_reset) as state,
        Rejects(job.rejected, is_kept=bool(definition.pull.cursor)) as rejects,
    ):
        return _Run(job, pull_id, state, rejects, client, report).whole(reader)


def changes_of(
    definition: Definition, reader: Reader, state: PullState
) -> Iterator[
    tuple[Sequence[Change], dict[str, Known], list[tuple[Any, str]], dict[str, str], int]
]:
    """The run's steps: changes, what is known of unchanged rows, refused rows, notes, rows read."""
    query = definition.pull
    number = int(state.note("run") or 0) + 1
    yield (), {}, [], {"run": str(number)}, 0  # first: what a run that was cut short saw is older
    kind = state.note("cursor_kind")
    values = {}
    if query.cursor and kind:
        last = read_back(kind, state.note("cursor"))
        values[LAST] = before(last, query.overlap_seconds)
    for rows in reader.pieces(statement(query, is_first=not values), values):
        records = [simple(dict(row)) for row in rows]
        keys = [key for record in records if (key := key_of(record, query.key)) is not None]
        known = state.known(list(dict.fromkeys(keys)))
        found = seen(records, query.key, known, number, may_repeat=bool(query.cursor))
        notes = {}
        if query.cursor:
            notes["cursor_kind"], notes["cursor"] = written(rows[-1], query.cursor)
        yield found.changes, dict(found.unchanged), list(found.refused), notes, len(rows)
    if query.deletes and not query.cursor:
        last_key = ""
        while gone := state.gone(number, last_key, _GONE_AT_ONCE):
            last_key = gone[-1][0]  # one whose event is rejected is looked at by the next run
            yield deletions(gone, query.key, number), {}, [], {}, 0


class _Run:
    def __init__(
        self,
        job: Job,
        pull_id: str,
        state: PullState,
        rejects: Rejects,
        client: httpx.Client,
        report: Callable[[Pulled], None],
    ) -> None:
        self._job = job
        self._id = pull_id
        self._state = state
        self._rejects = rejects
        self._client = client
        self._report = report
        self._mapped = MappedRows(job.definition.mapping, None)
        self.done = Pulled()

    def whole(self, reader: Reader) -> Pulled:
        with Sender(
            self._client,
            self._job.write_key,
            lambda batch: None,  # noqa: ARG005
            is_new_key=self._job.is_new_source,
        ) as sender:
            for step in changes_of(self._job.definition, reader, self._state):
                self._take(step, sender)
                self._report(self.done)
        return self.done

    def _take(self, step: tuple[Any, ...], sender: Sender) -> None:
        changes, unchanged, refused, notes, count = step
        for record, why in refused:
            self._reject(record, why)
        taken: dict[str, Known] = dict(unchanged)
        events = list(self._events(changes, taken))
        for batch in batches(events):
            sender.send(batch)
        sender.drain()
        self._state.keep(taken, notes)
        self.done.rows += count
        self.done.events += len(events)

    def _events(self, changes: Iterable[Change], taken: dict[str, Known]) -> Iterator[Encoded]:
        """The events of changes. `taken` learns those that made what they should."""
        for change in changes:
            row = Row(0, 0, msgspec.json.encode(change.record).decode(), ())
            try:
                made = [self._encoded(each, change) for each in self._mapped.convert(row, None)]
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

    def _encoded(self, made: Made, change: Change) -> Encoded:
        event = {"messageId": f"{self._id[:16]}-{change.id}-{made.ordinal}", **made.event}
        return encode(made._replace(event=event), self._id)

    def _reject(self, record: Any, why: str) -> None:
        self.done.rejected += 1
        self._rejects.add(Row(0, 0, msgspec.json.encode(record).decode(), ()), why)
