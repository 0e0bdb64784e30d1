"""The events that the first rows of a pull would make, as if all were new."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from headwater.errors import PullError
from headwater.imports.batches import encode
from headwater.imports.model import Row, RowRejectedError, RowSkippedError
from headwater.imports.rows_to_events import MappedRows
from headwater.imports.simple import simple
from headwater.pulls.around import Around
from headwater.pulls.changes import INSERTED, Change
from headwater.pulls.definition import CHANGE, Definition
from headwater.pulls.reading import opened, statement
from headwater.pulls.rest.definition import RestDefinition
from headwater.pulls.rest.opening import opened_api
from headwater.pulls.rest.reading import ResourceReading
from headwater.pulls.state import PullState, passing_state

SHOWN: Final = 100
_STEPS: Final = 20


def preview(
    definition: Definition | RestDefinition, around: Around | None = None
) -> Iterator[bytes]:
    """The events, as JSON; of an application, those of each resource's first page.

    Raises PullError, also for a row that makes none.
    """
    around = around or Around()
    if isinstance(definition, RestDefinition):
        yield from _of_api(definition, around)
        return
    query = definition.pull
    with opened(query.url, around.secrets) as reader:
        pieces = reader.pieces(statement(query, is_first=True), {})
        rows = ({CHANGE: INSERTED, **simple(dict(row))} for piece in pieces for row in piece)
        yield from _events(rows, MappedRows(definition.mapping, None), "Row")


def _of_api(definition: RestDefinition, around: Around) -> Iterator[bytes]:
    with passing_state() as state, opened_api(definition, state, around, None) as readings:
        for resource, reading in zip(definition.resources, readings, strict=True):
            changes = _first_changes(reading, state.of(resource.name))
            mapped = MappedRows(resource.mapping, None)
            yield from _events((each.record for each in changes), mapped, f"{resource.name}: row")


def _first_changes(reading: ResourceReading, state: PullState) -> list[Change]:
    """The changes of the first page that has some. They are known then: children need them."""
    for step in islice(reading.steps(), _STEPS):
        state.keep({each.key: each.known for each in step.changes}, step.notes)
        if step.changes:
            return list(step.changes)
    return []


def _events(records: Iterable[Mapping[str, Any]], mapped: MappedRows, what: str) -> Iterator[bytes]:
    for number, record in enumerate(islice(records, SHOWN), 1):
        row = Row(number, number, msgspec.json.encode(record).decode(), ())
        try:
            yield from (encode(made, "dry-run").body for made in mapped.convert(row, None))
        except RowSkippedError:
            continue
        except RowRejectedError as problem:
            raise PullError(f"{what} {number} makes no event: {problem}.") from None
