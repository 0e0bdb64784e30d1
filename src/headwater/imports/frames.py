"""The rows of a data frame as events, sent through the tracking API."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from headwater.errors import BadRequestError, MappingError
from headwater.imports.batches import Batch, Encoded, batches, encode
from headwater.imports.mapping_file import read_mapping
from headwater.imports.model import FileMapping, Made, Row, RowRejectedError, RowSkippedError
from headwater.imports.rows_to_events import MappedRows
from headwater.imports.sending import Sender
from headwater.imports.simple import simple

MOST_TOLD: Final = 1_000
_ROWS_AT_ONCE: Final = 10_000
Given = Mapping[str, Any] | str | os.PathLike[str]


class RejectedRow(msgspec.Struct, frozen=True):
    """A row that makes no event, and should have: its number, from 1, and why."""

    row: int
    reason: str


class Loaded(msgspec.Struct):
    """What became of a frame: `sent` events are on the server's disk. `rejected` names the first
    1,000 rows of those that `rejections` counts; `skipped` rows were not wanted by the mapping."""

    rows: int = 0
    sent: int = 0
    skipped: int = 0
    rejections: int = 0
    rejected: list[RejectedRow] = msgspec.field(default_factory=list)


def load(client: httpx.Client, write_key: str, frame: Any, mapping: Given) -> Loaded:
    """Send the rows of a pandas or polars frame, or of an Arrow table, as events.

    A messageId is of the mapping and of what stands in the row (and of how many such rows came
    before), so that a row is the same event however often, and in which frame, it is loaded.
    Raises MappingError, and what sending raises.
    """
    loaded = Loaded()
    rules = _mapping(mapping)

    def acknowledge(batch: Batch) -> None:
        loaded.sent += batch.size

    with Sender(client, write_key, acknowledge, patience=60.0) as sender:
        for batch in batches(_events(_rows(frame), rules, loaded)):
            sender.send(batch)
        sender.drain()
    return loaded


def _mapping(given: Given) -> FileMapping:
    if not isinstance(given, Mapping):
        return read_mapping(Path(given))
    raw = dict(given) if "events" in given else {"events": [dict(given)]}
    try:
        return msgspec.convert(raw, FileMapping)
    except msgspec.ValidationError as error:
        raise MappingError(
            f"The mapping cannot be used: {error}.",
            hint="docs/import.md lists the members of a mapping.",
        ) from None


def _events(
    rows: Iterable[Mapping[str, Any]], rules: FileMapping, loaded: Loaded
) -> Iterator[Encoded]:
    converter = MappedRows(rules, None)
    salt = blake2b(msgspec.json.encode(rules), digest_size=8).digest()
    ids: list[str] = []
    seen: Counter[str] = Counter()

    def reject(row: int, problem: RowRejectedError) -> None:
        loaded.rejections += 1
        if len(loaded.rejected) < MOST_TOLD:
            loaded.rejected.append(RejectedRow(row, str(problem)))

    def encoded(events: Iterable[Made]) -> Iterator[Encoded]:
        for made in events:
            message_id = f"{ids[made.row - 1]}-{made.ordinal}"
            event = {"messageId": message_id, **made.event}
            try:
                yield encode(made._replace(event=event), "")
            except RowRejectedError as problem:
                reject(made.row, problem)

    for number, each in enumerate(rows, 1):
        loaded.rows += 1
        raw = msgspec.json.encode({str(name): _plain(value) for name, value in each.items()})
        digest = blake2b(raw, digest_size=16, key=salt).hexdigest()
        ids.append(f"{digest}-{seen[digest]}")
        seen[digest] += 1
        try:
            made = converter.convert(Row(number, number, raw.decode(), ()), None)
        except RowSkippedError:
            loaded.skipped += 1
        except RowRejectedError as problem:
            reject(number, problem)
        else:
            yield from encoded(made)
    yield from encoded(converter.finish())


def _plain(value: Any) -> Any:
    """A value as JSON has it; numpy's scalars and arrays as Python's."""
    if not isinstance(value, str | bytes | int | float) and hasattr(value, "tolist"):
        value = value.tolist()
    return simple(value)


def _rows(frame: Any) -> Iterator[Mapping[str, Any]]:
    if hasattr(frame, "iter_rows"):  # polars
        yield from frame.iter_rows(named=True)
    elif hasattr(frame, "to_batches"):  # Arrow
        for batch in frame.to_batches(max_chunksize=_ROWS_AT_ONCE):
            yield from batch.to_pylist()
    elif hasattr(frame, "iloc"):  # pandas, whose missing values are of several kinds
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            part = frame.iloc[start : start + _ROWS_AT_ONCE].astype(object)
            yield from part.where(part.notna(), None).to_dict("records")
    else:
        raise BadRequestError(
            f"A {type(frame).__name__} is no frame.",
            hint="Give a pandas or polars DataFrame, or a pyarrow Table.",
        )
