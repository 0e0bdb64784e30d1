"""The events that the first rows of a pull would make, as if all were new."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from headwater.errors import PullError
from headwater.imports.batches import encode
from headwater.imports.model import Row, RowRejectedError, RowSkippedError
from headwater.imports.rows_to_events import MappedRows
from headwater.imports.simple import simple
from headwater.pulls.changes import INSERTED
from headwater.pulls.definition import CHANGE, Definition
from headwater.pulls.reading import opened, statement

SHOWN: Final = 100


def preview(definition: Definition) -> Iterator[bytes]:
    """The events, as JSON. Raises PullError, also for a row that makes none."""
    mapped = MappedRows(definition.mapping, None)
    query = definition.pull
    with opened(query.url) as reader:
        pieces = reader.pieces(statement(query, is_first=True), {})
        rows = (row for piece in pieces for row in piece)
        for number, found in enumerate(islice(rows, SHOWN), 1):
            record = {CHANGE: INSERTED, **simple(dict(found))}
            row = Row(number, number, msgspec.json.encode(record).decode(), ())
            try:
                yield from (encode(made, "dry-run").body for made in mapped.convert(row, None))
            except RowSkippedError:
                continue
            except RowRejectedError as problem:
                raise PullError(f"Row {number} makes no event: {problem}.") from None
