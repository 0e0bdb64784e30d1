"""Turns rows into events by a mapping: pure, row by row, in bounded memory."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from headwater.errors import MappingError
from headwater.imports.columns import Columns, Fetch
from headwater.imports.conditions import RowTest, columns_of, row_test
from headwater.imports.event_rules import CompiledEvent, Groups
from headwater.imports.model import (
    FileMapping,
    Made,
    Row,
    RowRejectedError,
    RowRule,
    RowSkippedError,
)

Decode = Callable[[Row], Any]


class Converter(Protocol):
    """Turns the rows of one file into events, in order."""

    def ahead(self, rows: Sequence[Row]) -> Sequence[list[Any] | None]:
        """What can be read of some rows at once, for `convert`."""
        ...

    def convert(self, row: Row, ahead: list[Any] | None) -> Sequence[Made]:
        """The events that this row completes; those of a group come with a later row.

        Raises RowRejectedError or RowSkippedError; then the row takes part in nothing.
        """
        ...

    def finish(self) -> Sequence[Made]:
        """The events that wait for more rows, after the last one."""
        ...


class MappedRows:
    """A converter by a mapping. `header` names a CSV file's columns; None reads JSON objects.

    Raises MappingError when the mapping does not fit the file.
    """

    def __init__(self, mapping: FileMapping, header: Sequence[str] | None) -> None:
        if not mapping.events:
            raise MappingError(
                "The mapping makes no event.", hint="Add an [[events]] table to the mapping."
            )
        self._is_csv = header is not None
        self._decode: Decode = _fields if header is not None else _object
        fetch: Callable[[str], Fetch | int] = (
            _by_position(header) if header is not None else _by_name
        )
        columns = Columns(mapping.columns, mapping.file.missing, fetch)
        self._columns = columns
        for rule in (*mapping.skip, *mapping.reject):
            for name in columns_of(rule.when):
                columns.slot(name)
        self._first = len(columns)
        self._skip = [_row_rule(rule, columns) for rule in mapping.skip]
        self._reject = [_row_rule(rule, columns) for rule in mapping.reject]
        self._events = [
            CompiledEvent(rule, ordinal, columns.slot)
            for ordinal, rule in enumerate(mapping.events)
        ]
        # Events often share their conditions: each is tested once a row.
        tests = {
            repr(rule.when): event.when
            for rule, event in zip(mapping.events, self._events, strict=True)
        }
        self._tests = [test for test in tests.values() if test is not None]
        places = {name: number for number, name in enumerate(n for n, t in tests.items() if t)}
        self._ruled = [
            (event, places.get(repr(rule.when)))
            for rule, event in zip(mapping.events, self._events, strict=True)
        ]
        self._groups = Groups()

    def ahead(self, rows: Sequence[Row]) -> Sequence[list[Any] | None]:
        return self._columns.ahead(rows) if self._is_csv else [None] * len(rows)

    def convert(self, row: Row, ahead: list[Any] | None) -> Sequence[Made]:
        values = self._values(row) if ahead is None else self._finished(row, ahead)
        made: list[Made] = []
        grouped = []
        first: list[tuple[CompiledEvent, str]] = []
        passed = [test(values) for test in self._tests]
        for event, test in self._ruled:
            if test is not None and not passed[test]:
                continue
            if event.once is not None:
                key = event.once(values)
                if key in event.seen:
                    continue
                first.append((event, key))
            if event.is_grouped:
                grouped.append((event, self._groups.part(event, values)))
            else:
                made.append(Made(row.number, row.line, event.ordinal, event.make(values)))
        if not made and not grouped:
            raise RowSkippedError("no event of the mapping applies")
        for event, key in first:
            event.seen.add(key)
        for event, part in grouped:
            self._groups.add(event, part, row)
        return [*self._groups.close_before(row.number), *made] if self._groups else made

    def finish(self) -> Sequence[Made]:
        return self._groups.close_all()

    def _values(self, row: Row) -> list[Any]:
        if row.problem:
            raise RowRejectedError(row.problem)
        fields = self._decode(row)
        values: list[Any] = []
        self._columns.read(row, fields, values, self._first)
        self._admit(values)
        self._columns.read(row, fields, values, len(self._columns))
        return values

    def _finished(self, row: Row, values: list[Any]) -> list[Any]:
        if self._first:
            self._columns.finish(row, values, 0, self._first)
            self._admit(values)
        self._columns.finish(row, values, self._first, len(self._columns))
        return values

    def _admit(self, values: list[Any]) -> None:
        """Raise what the rules on rows say."""
        for applies, reason in self._skip:
            if applies(values):
                raise RowSkippedError(reason)
        for applies, reason in self._reject:
            if applies(values):
                raise RowRejectedError(reason)


def _row_rule(rule: RowRule, columns: Columns) -> tuple[RowTest, str]:
    test = row_test(rule.when, columns.slot)
    if test is None:
        raise MappingError(f"The rule {rule.reason!r} has no condition.", hint="Give it a `when`.")
    return test, rule.reason


def _fields(row: Row) -> Sequence[str]:
    return row.fields


def _object(row: Row) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(row.raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise RowRejectedError(f"this is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise RowRejectedError("this is no JSON object")
    return value


def _by_position(header: Sequence[str]) -> Callable[[str], int]:
    index = {name: position for position, name in enumerate(header)}

    def fetch(name: str) -> int:
        if name not in index:
            raise MappingError(
                f"The file has no column {name!r}.", hint=f"It has {', '.join(header)}."
            )
        return index[name]

    return fetch


def _by_name(name: str) -> Fetch:
    """A member of a JSON object by its name, or by its path with points."""
    path = name.split(".")

    def fetch(fields: Any) -> Any:
        if name in fields:
            return fields[name]
        value = fields
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    return fetch
