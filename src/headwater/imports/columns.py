"""A mapping's columns: which values of a row are needed, in what order, and how they are read."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

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
        self._evaluate: list[Evaluate | _Direct] = []
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
        self._evaluate.append(evaluate)
        self._slots[name] = len(self._evaluate) - 1
        return self._slots[name]

    def read(self, row: Row, fields: Any, values: list[Any], *, up_to: int = -1) -> None:
        """Append the values of the next slots. Raises RowRejectedError naming the column."""
        upper = len(self._evaluate) if up_to < 0 else up_to
        append = values.append
        try:
            for evaluate in self._evaluate[len(values) : upper]:
                if type(evaluate) is _Direct:
                    written = fields[evaluate.position]
                    value = evaluate.known.get(written, _UNKNOWN)
                    append(evaluate.value(written) if value is _UNKNOWN else value)
                else:
                    append(evaluate(row, fields, values))  # type: ignore[operator]
        except ValueError as error:
            name = next(name for name, slot in self._slots.items() if slot == len(values))
            raise RowRejectedError(f"column {name}: {error}") from None

    def __len__(self) -> int:
        return len(self._evaluate)

    def _evaluator(self, name: str) -> "Evaluate | _Direct":
        if name == ROW_NUMBER:
            return lambda row, _fields, _values: row.number
        if name == LINE_NUMBER:
            return lambda row, _fields, _values: row.line
        rule = self._rules.get(name, _PLAIN)
        convert = converter(rule)
        missing = self._missing if rule.missing is None else frozenset(rule.missing)
        evaluate = self._made_from_others(name, rule, convert, missing)
        if evaluate is None:
            direct = _direct(self._fetch(name), missing, convert, name not in self._rules)
            if rule.when is None:
                return direct
            evaluate = direct.read if isinstance(direct, _Direct) else direct
        return evaluate if rule.when is None else self._conditional(evaluate, rule.when)

    def _made_from_others(
        self, name: str, rule: ColumnRule, convert: Convert, missing: frozenset[str]
    ) -> Evaluate | None:
        if rule.product or rule.sum:
            return _computed(rule, convert, self._operands(rule))
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


_UNKNOWN = object()


class _Direct:
    """A column of a CSV file itself: where it stands, and the values of the texts seen there."""

    __slots__ = ("convert", "known", "position")

    def __init__(self, position: int, missing: frozenset[str], convert: Convert | None) -> None:
        self.position = position
        self.known: dict[str, Any] = dict.fromkeys(missing)
        self.convert = convert

    def value(self, written: str) -> Any:
        """The value of a text that is not known yet. Raises ValueError."""
        if self.convert is None:
            return written
        value = self.convert(written)
        if len(self.known) < _REMEMBERED:
            self.known[written] = value
        return value

    def read(self, _row: Row, fields: Any, _values: list[Any]) -> Any:
        """The value, as a function of a row."""
        written = fields[self.position]
        value = self.known.get(written, _UNKNOWN)
        return self.value(written) if value is _UNKNOWN else value


def _direct(
    fetch: Fetch | int, missing: frozenset[str], convert: Convert, as_it_is: bool
) -> Evaluate | _Direct:
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


def _computed(
    rule: ColumnRule, convert: Convert, operands: Sequence[int | float | str]
) -> Evaluate:
    """A product or sum of slots (as text) and numbers; missing where one of them is."""
    slots = [int(one) for one in operands if isinstance(one, str)]
    constants = [one for one in operands if not isinstance(one, str)]
    combine: Callable[[Iterable[Any]], Any] = math.prod if rule.product else math.fsum

    def evaluate(_row: Row, _fields: Any, values: list[Any]) -> Any:
        numbers = [values[slot] for slot in slots]
        if None in numbers:
            return None
        for value in numbers:
            if type(value) is not float and type(value) is not int:
                raise ValueError(f"{value!r} is no number: give its column the type number")
        return convert(combine(numbers + constants))

    return evaluate
