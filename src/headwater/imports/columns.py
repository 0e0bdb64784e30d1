"""A mapping's columns: which values of a row are needed, in what order, and how they are read."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Final

from headwater.errors import MappingError
from headwater.imports.conditions import columns_of as conditions_columns
from headwater.imports.conditions import row_test
from headwater.imports.model import ColumnRule, Condition, Row, RowRejectedError
from headwater.imports.templates import build, columns_of
from headwater.imports.values import Convert, converter

Fetch = Callable[[Any], Any]
"""From a row's decoded fields to a raw value; None where it is absent."""
Evaluate = Callable[[Row, Any, list[Any]], Any]

ROW_NUMBER = "$row"
LINE_NUMBER = "$line"
_REMEMBERED = 65_536  # values of a column that are not converted again


class Columns:
    """The needed columns of a mapping: each has a slot in the list that `read` fills."""

    def __init__(
        self,
        rules: Mapping[str, str | ColumnRule],
        missing: Iterable[str],
        fetch: Callable[[str], Fetch | int],
    ) -> None:
        self._rules = {name: _rule(name, rule) for name, rule in rules.items()}
        self._missing = frozenset(missing)
        self._fetch = fetch
        self._slots: dict[str, int] = {}
        self._evaluate: list[Evaluate] = []
        self._waiting: dict[int, Evaluate] = {}
        """What `ahead` leaves to `finish`."""
        self._open: list[str] = []

    def slot(self, name: str) -> int:
        """The index of a column's value, which is read from now on.

        Raises MappingError for a column that does not exist or is made from itself.
        """
        if (known := self._slots.get(name)) is not None:
            return known
        if name in self._open:
            raise MappingError(f"The column {name!r} is made from itself.")
        self._open.append(name)
        evaluate = self._evaluator(name)
        self._open.pop()
        slot = self._slots[name] = len(self._evaluate)
        self._evaluate.append(evaluate)
        is_ahead = isinstance(evaluate, _Direct) or (
            isinstance(evaluate, _Computed) and not self._waiting.keys() & set(evaluate.slots)
        )
        if not is_ahead:
            self._waiting[slot] = evaluate
        return slot

    def ahead(self, rows: Sequence[Row]) -> list[list[Any] | None]:
        """The values of some CSV rows, column by column, but for those that `finish` makes.

        None for a row that something is wrong with: `read` says what.
        """
        good = [row.fields for row in rows if not row.problem]
        texts = list(zip(*good, strict=True))
        columns: list[Iterable[Any]] = []
        for slot, evaluate in enumerate(self._evaluate):
            if slot in self._waiting or not good:
                columns.append([None] * len(good))
            elif isinstance(evaluate, _Direct):
                columns.append(evaluate.values(texts[evaluate.position]))
            elif isinstance(evaluate, _Computed):
                columns.append(evaluate.values(columns))
        found = iter(zip(*columns, strict=True) if columns else [()] * len(good))
        ahead: list[list[Any] | None] = [None if row.problem else list(next(found)) for row in rows]
        return [None if values is None or _BAD in values else values for values in ahead]

    def finish(self, row: Row, values: list[Any], start: int, end: int) -> None:
        """Make the slots from `start` to `end` that are made of others, where `ahead` gave all."""
        slot = start
        try:
            for slot, evaluate in self._waiting.items():
                if start <= slot < end:
                    values[slot] = evaluate(row, row.fields, values)
        except ValueError as error:
            raise self._rejected(slot, error) from None

    def read(self, row: Row, fields: Any, values: list[Any], end: int) -> None:
        """Append the values of the next slots. Raises RowRejectedError naming the column."""
        try:
            for evaluate in self._evaluate[len(values) : end]:
                values.append(evaluate(row, fields, values))
        except ValueError as error:
            raise self._rejected(len(values), error) from None

    def _rejected(self, slot: int, error: ValueError) -> RowRejectedError:
        name = next(name for name, known in self._slots.items() if known == slot)
        return RowRejectedError(f"column {name}: {error}")

    def __len__(self) -> int:
        return len(self._evaluate)

    def _evaluator(self, name: str) -> Evaluate:
        if name == ROW_NUMBER:
            return lambda row, _fields, _values: row.number
        if name == LINE_NUMBER:
            return lambda row, _fields, _values: row.line
        rule = self._rules.get(name, _PLAIN)
        convert = converter(rule)
        missing = self._missing if rule.missing is None else frozenset(rule.missing)
        evaluate = self._made_from_others(name, rule, convert, missing)
        if evaluate is None:
            evaluate = _direct(self._fetch(name), missing, convert, name not in self._rules)
        return evaluate if rule.when is None else self._conditional(evaluate, rule.when)

    def _made_from_others(
        self, name: str, rule: ColumnRule, convert: Convert, missing: frozenset[str]
    ) -> Evaluate | None:
        if rule.product or rule.sum:
            return _Computed(rule, convert, self._operands(rule))
        if rule.template or (rule.source and rule.source != name):
            template = rule.template or f"{{{rule.source}}}"
            for column in columns_of(template):
                self.slot(column)
            made = build(template, self.slot)
            return lambda _row, _fields, values: _present(made(values), missing, convert)
        return None

    def _conditional(self, evaluate: Evaluate, when: Condition | list[Condition]) -> Evaluate:
        for column in conditions_columns(when):
            self.slot(column)
        applies = row_test(when, self.slot)
        if applies is None:
            return evaluate
        return lambda row, fields, values: (
            evaluate(row, fields, values) if applies(values) else None
        )

    def _operands(self, rule: ColumnRule) -> list[int | float | str]:
        return [
            f"{self.slot(operand)}" if isinstance(operand, str) else operand
            for operand in rule.product or rule.sum
        ]


_PLAIN = ColumnRule()


def _rule(name: str, rule: str | ColumnRule) -> ColumnRule:
    if isinstance(rule, str):
        if rule not in ("text", "integer", "number", "boolean", "time", "json"):
            raise MappingError(
                f"The column {name!r} has the type {rule!r}, which does not exist.",
                hint="There are text, integer, number, boolean, time and json.",
            )
        return ColumnRule(type=rule)  # type: ignore[arg-type]
    if sum(map(bool, (rule.source, rule.template, rule.product, rule.sum))) > 1:
        raise MappingError(
            f"The column {name!r} can be made in one way only: from, template, product or sum."
        )
    return rule


_BAD = object()
"""Stands for a text that cannot be converted."""


class _Direct:
    """A column of a CSV file itself: where it stands, and the values of the texts seen there."""

    __slots__ = ("convert", "known", "position")

    def __init__(self, position: int, missing: frozenset[str], convert: Convert | None) -> None:
        self.position = position
        self.known: dict[str, Any] = dict.fromkeys(missing)
        self.convert = convert

    def __call__(self, _row: Row, fields: Any, _values: list[Any]) -> Any:
        """The value in a row. Raises ValueError."""
        written = fields[self.position]
        if self.convert is None or written in self.known:
            return self.known.get(written, written)
        value = self.convert(written)
        if len(self.known) < _REMEMBERED:
            self.known[written] = value
        return value

    def values(self, texts: Sequence[str]) -> Iterable[Any]:
        """The values of many rows, each text converted once; _BAD where it cannot be."""
        known = self.known
        if self.convert is None:
            return [known.get(written, written) for written in texts] if known else texts
        new = set(texts).difference(known)
        if not new:
            return [known[written] for written in texts]
        found = {written: self._converted(written) for written in new}
        if len(known) + len(found) <= _REMEMBERED:
            known.update((w, value) for w, value in found.items() if value is not _BAD)
        return [known[w] if w in known else found[w] for w in texts]

    def _converted(self, written: str) -> Any:
        assert self.convert is not None
        try:
            return self.convert(written)
        except ValueError:
            return _BAD


def _direct(
    fetch: Fetch | int, missing: frozenset[str], convert: Convert, as_it_is: bool
) -> Evaluate:
    """A column of the file itself. The position of a CSV column needs no call to fetch it."""
    if isinstance(fetch, int):
        return _Direct(fetch, missing, None if as_it_is else convert)
    if as_it_is:
        convert = _same
    return lambda _row, fields, _values: _present(fetch(fields), missing, convert)


def _same(value: Any) -> Any:
    return value


def _present(value: Any, missing: frozenset[str], convert: Convert) -> Any:
    if value is None or (isinstance(value, str) and value in missing):
        return None
    return convert(value)


class _Computed:
    """A product or sum of slots (as text) and numbers; missing where one of them is."""

    __slots__ = ("combine", "constants", "convert", "slots")

    def __init__(
        self, rule: ColumnRule, convert: Convert, operands: Sequence[int | float | str]
    ) -> None:
        self.slots = [int(one) for one in operands if isinstance(one, str)]
        self.constants = [one for one in operands if not isinstance(one, str)]
        self.combine: Callable[[Iterable[Any]], Any] = math.prod if rule.product else math.fsum
        is_read = rule.type != "number" or rule.values or rule.otherwise is not None
        self.convert = convert if is_read else partial(_finite, rule.round)

    def __call__(self, _row: Row, _fields: Any, values: list[Any]) -> Any:
        return self._of([values[slot] for slot in self.slots])

    def _of(self, numbers: Iterable[Any]) -> Any:
        """The value of some operands. Raises ValueError."""
        given = [*numbers, *self.constants]
        for value in given:
            if value is None:
                return None
            if type(value) is not float and type(value) is not int:
                raise ValueError(f"{value!r} is no number: give its column the type number")
        try:
            return self.convert(self.combine(given))
        except OverflowError:
            raise ValueError(_OUT_OF_RANGE) from None

    def values(self, columns: Sequence[Iterable[Any]]) -> list[Any]:
        """The values of many rows, from the columns of the slots; _BAD where there can be none."""
        operands = [columns[slot] for slot in self.slots]
        if any(set(map(type, column)) - _NUMBERS for column in operands):
            return [self._or_bad(numbers) for numbers in zip(*operands, strict=True)]
        given = zip(*operands, *map(repeat, self.constants), strict=False)
        convert, combine = self.convert, self.combine
        try:
            return [None if None in one else convert(combine(one)) for one in given]
        except (ValueError, OverflowError):
            return [self._or_bad(numbers) for numbers in zip(*operands, strict=True)]

    def _or_bad(self, numbers: Iterable[Any]) -> Any:
        try:
            return self._of(numbers)
        except ValueError:
            return _BAD


_NUMBERS: Final = {int, float, type(None)}
_OUT_OF_RANGE: Final = "the number is out of range"


def _finite(digits: int | None, value: float) -> float:
    """A number that was computed: there is nothing to read in it."""
    if value in (math.inf, -math.inf):
        raise ValueError(_OUT_OF_RANGE)
    return value if digits is None or type(value) is int else round(value, digits)
