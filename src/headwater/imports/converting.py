"""A whole file becomes events, and every row of it is accounted for."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.errors import ImportFileError
from headwater.imports.batches import Encoded, encode
from headwater.imports.events_as_sent import EventsAsSent, is_event_table, mapping_by_names
from headwater.imports.formats import FORMATS
from headwater.imports.formats.format import Rows
from headwater.imports.model import (
    FileMapping,
    FileRules,
    Made,
    Row,
    RowRejectedError,
    RowSkippedError,
)
from headwater.imports.opening import format_of
from headwater.imports.rows_to_events import Converter, MappedRows

Reject = Callable[[Row, str], None]

_ROWS_AHEAD: Final = 500


class Account(msgspec.Struct):
    """What became of the rows so far: each made events, was skipped or was rejected."""

    rows: int = 0
    events: int = 0
    rejected: int = 0
    skipped: Counter[str] = msgspec.field(default_factory=Counter)


class FileEvents:
    """The events of one file. Use it as a context manager and iterate once.

    `rules` are those of the mapping, where there is one, with what the command line said.
    `reject` is called with every row that cannot become what it should. Raises ImportFileError
    for a file that cannot be read and MappingError for a mapping that does not fit it.
    """

    def __init__(
        self,
        path: Path,
        mapping: FileMapping | None,
        rules: FileRules,
        import_id: str,
        reject: Reject,
    ) -> None:
        self.account = Account()
        self._import_id = import_id
        self._reject = reject
        self._open = ExitStack()
        kind = FORMATS[format_of(path, rules.format, rules.member)]
        self._rows = self._open.enter_context(kind.open(path, rules))
        try:
            self._converter = converter(self._rows, mapping, rules)
        except BaseException:
            self._open.close()
            raise

    def __enter__(self) -> "FileEvents":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __iter__(self) -> Iterator[Encoded]:
        row = Row(0, 0, "", ())
        for row, ahead in self._rows_ahead():
            self.account.rows += 1
            try:
                made = self._converter.convert(row, ahead)
            except RowSkippedError as skipped:
                self.account.skipped[str(skipped)] += 1
                continue
            except RowRejectedError as problem:
                self._put_aside(row, str(problem))
                continue
            yield from self._encoded(made, row)
        yield from self._encoded(self._converter.finish(), row)

    def _rows_ahead(self) -> Iterator[tuple[Row, list[Any] | None]]:
        """The rows, each with what was read of it together with others."""
        rows = iter(self._rows)
        problem: ImportFileError | None = None
        some = [Row(0, 0, "", ())]
        while some and problem is None:
            some = []
            try:
                some.extend(islice(rows, _ROWS_AHEAD))
            except ImportFileError as error:
                problem = error  # after the rows before it
            yield from zip(some, self._converter.ahead(some), strict=True)
        if problem is not None:
            raise problem

    def share_read(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self._rows.share_read()

    def _encoded(self, events: Iterable[Made], row: Row) -> Iterator[Encoded]:
        """A row that fails here may have made other events already: it is still named."""
        for made in events:
            try:
                encoded = encode(made, self._import_id)
            except RowRejectedError as problem:
                self._put_aside(row._replace(number=made.row, line=made.line), str(problem))
                continue
            self.account.events += 1
            yield encoded

    def _put_aside(self, row: Row, reason: str) -> None:
        self.account.rejected += 1
        self._reject(row, reason)


def converter(rows: Rows, mapping: FileMapping | None, rules: FileRules) -> Converter:
    """What turns these rows into events: by the mapping, by the columns' names where they are
    known and not those of whole events, else as events in Segment's shape.

    Raises MappingError when the mapping does not fit the file.
    """
    if mapping is not None:
        return MappedRows(mapping, rows.header)
    if rows.names is None or (rows.header is None and is_event_table(rows.names)):
        return EventsAsSent()
    return MappedRows(mapping_by_names(rows.names, rules), rows.header)
