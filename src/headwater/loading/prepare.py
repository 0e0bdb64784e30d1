"""Events in, typed rows and the changes that they need out: the entry point of loading."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from headwater.loading.learning import Learning
from headwater.loading.model import (
    AccountRows,
    Catalog,
    Failed,
    Limits,
    Prepared,
    SourceBatch,
    TableRows,
    UserRows,
)
from headwater.loading.source import SourceRows, UnloadableError, load_source
from headwater.ports import Outcome, Tally
from headwater.spec import EVENT_TYPES
from headwater.spec.reasons import Reason


def prepare(
    batches: Sequence[SourceBatch],
    catalog: Catalog,
    limits: Limits,
    refused: Sequence[Mapping[int, str]] = (),
) -> Prepared:
    """Everything that these events do to a warehouse whose catalogue is `catalog`.

    Pure: the catalogue stays as it is (see loading.model). Rows are in order of arrival. `refused`
    are rows of each batch that are not to be loaded, and why: they fail.
    """
    failed: list[Failed] = []
    if refused:
        batches = [_drop(b, rows, failed) for b, rows in zip(batches, refused, strict=True)]
    batches = [_readable(batch, failed) for batch in batches]
    while True:
        learning = Learning(catalog, limits)
        try:
            loaded = [
                load_source(slug, pa.concat_batches(events), learning)
                for slug, events in _by_source(batches).items()
            ]
        except UnloadableError as error:
            batches = _without(batches, error, failed)
        else:
            return _prepared(learning, loaded, batches, failed)


def _by_source(batches: Sequence[SourceBatch]) -> Mapping[str, list[pa.RecordBatch]]:
    found: dict[str, list[pa.RecordBatch]] = {}
    for batch in batches:
        if batch.events.num_rows:
            found.setdefault(batch.slug, []).append(batch.events)
    return found


def _readable(batch: SourceBatch, failed: list[Failed]) -> SourceBatch:
    """The batch without events whose type is none of the six."""
    known = pc.is_in(batch.events["type"], pa.array(EVENT_TYPES))
    if pc.all(known).as_py() is False:
        rows = pc.indices_nonzero(pc.invert(known)).to_pylist()
        return _drop(batch, dict.fromkeys(rows, "its type is none of the six calls"), failed)
    return batch


def _without(
    batches: Sequence[SourceBatch], error: UnloadableError, failed: list[Failed]
) -> list[SourceBatch]:
    """The batches without the rows that cannot be loaded (numbered through a source's batches)."""
    kept: list[SourceBatch] = []
    start = 0
    for batch in batches:
        if batch.slug == error.slug:
            end = start + batch.events.num_rows
            rows = {row - start: why for row, why in error.rows.items() if start <= row < end}
            start = end
            batch = _drop(batch, rows, failed)
        kept.append(batch)
    return kept


def _drop(batch: SourceBatch, rows: Mapping[int, str], failed: list[Failed]) -> SourceBatch:
    if not rows:
        return batch
    for row, why in sorted(rows.items()):
        failed.append(_failed(batch, row, why))
    left = [row for row in range(batch.events.num_rows) if row not in rows]
    return msgspec.structs.replace(batch, events=batch.events.take(pa.array(left, pa.int64())))


def _failed(batch: SourceBatch, row: int, why: str) -> Failed:
    member = {name: batch.events[name][row] for name in batch.events.schema.names}
    raw = {
        "messageId": member["message_id"].as_py(),
        "type": member["type"].as_py(),
        "event": member["event"].as_py(),
        "userId": member["user_id"].as_py(),
        "anonymousId": member["anonymous_id"].as_py(),
        "properties": member["properties"].as_py(),
        "context": member["context"].as_py(),
        "rest": member["rest"].as_py(),
    }
    return Failed(
        source_id=batch.source_id,
        slug=batch.slug,
        hour=batch.hour,
        message_id=raw["messageId"],
        type=raw["type"],
        event=raw["event"] or "",
        received_at=member["received_at"].cast(pa.int64()).as_py(),
        detail=why,
        raw=msgspec.json.encode(raw).decode(),
    )


def _prepared(
    learning: Learning,
    loaded: Sequence[SourceRows],
    batches: Sequence[SourceBatch],
    failed: Sequence[Failed],
) -> Prepared:
    return Prepared(
        catalog=learning.catalog,
        changes=learning.changes,
        rows=[TableRows(key, rows) for source in loaded for key, rows in source.rows],
        users=[UserRows(*merged) for source in loaded for merged in source.users],
        accounts=[AccountRows(*merged) for source in loaded for merged in source.accounts],
        conflicts=learning.noted.conflicts(),
        failed=failed,
        tallies=sorted(_tallies(batches, failed)),
        base=learning.base,
    )


def _tallies(batches: Sequence[SourceBatch], failed: Sequence[Failed]) -> Iterator[Tally]:
    loaded: Counter[tuple[str, int]] = Counter()
    for batch in batches:
        loaded[batch.source_id, batch.hour] += batch.events.num_rows
    for (source_id, hour), count in loaded.items():
        if count:
            yield Tally(source_id, hour, Outcome.LOADED, "", count)
    kept_aside = Counter((each.source_id, each.hour) for each in failed)
    for (source_id, hour), count in kept_aside.items():
        yield Tally(source_id, hour, Outcome.QUARANTINED, Reason.LOAD_FAILED, count)
