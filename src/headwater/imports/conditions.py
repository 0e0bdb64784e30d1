"""Which rows a rule is for."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from headwater.errors import MappingError
from headwater.imports.model import Condition
from headwater.imports.values import text

Test = Callable[[Any], bool]
RowTest = Callable[[Sequence[Any]], bool]

_REMEMBERED: Final = 65_536
"""So many texts of a column are not tested again."""


def columns_of(conditions: Condition | list[Condition]) -> list[str]:
    """The columns that conditions look at."""
    every = conditions if isinstance(conditions, list) else [conditions]
    return [name for condition in every for name in condition]


def row_test(conditions: Condition | list[Condition], slot: Callable[[str], int]) -> RowTest | None:
    """The test of a row's values: all of a table's conditions hold, in any table of a list.

    None where every row passes. Raises MappingError for a condition that does not exist.
    """
    every = conditions if isinstance(conditions, list) else [conditions]
    tables = [[(slot(name), _test(name, want)) for name, want in one.items()] for one in every]
    if any(not table for table in tables):
        return None

    tests = [_all(table) for table in tables]
    if len(tests) == 1:
        return tests[0]
    return lambda values: any(test(values) for test in tests)


def _all(table: Sequence[tuple[int, Test]]) -> RowTest:
    """One test and two, which are the rule, without a loop."""
    (first, first_test), *others = table
    if not others:
        return lambda values: first_test(values[first])
    if len(others) == 1:
        [(second, second_test)] = others
        return lambda values: first_test(values[first]) and second_test(values[second])
    return lambda values: all(test(values[index]) for index, test in table)


def _remembered(test: Test) -> Test:
    """A test that asks once of each text: columns repeat their values."""
    known: dict[str, bool] = {}

    def ask(value: Any) -> bool:
        if type(value) is not str:
            return test(value)
        found = known.get(value)
        if found is None:
            found = test(value)
            if len(known) < _REMEMBERED:
                known[value] = found
        return found

    return ask


def _test(name: str, want: Any) -> Test:
    if isinstance(want, list):
        tests = [_test(name, one) for one in want]
        return _remembered(lambda value: any(test(value) for test in tests))
    if not isinstance(want, dict):
        return _equals(want)
    tests = [_operator(name, operator, operand) for operator, operand in want.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _equals(want: str | int | float | bool) -> Test:
    """A text equals a number or boolean that is written the same."""
    if isinstance(want, str):
        return lambda value: (
            value == want if isinstance(value, str) else value is not None and text(value) == want
        )
    spelling = text(want)
    return lambda value: (
        value == spelling
        if isinstance(value, str)
        else value == want and isinstance(value, bool) == isinstance(want, bool)
    )


def _operator(name: str, operator: str, operand: Any) -> Test:
    if operator == "present":
        return lambda value: (value is not None) is bool(operand)
    if operator == "not":
        test = _test(name, operand)
        return _remembered(lambda value: not test(value))
    if operator == "starts":
        start = text(operand)
        return _remembered(lambda value: value is not None and text(value).startswith(start))
    if operator == "matches":
        try:
            pattern = re.compile(operand)
        except (re.error, TypeError) as error:
            raise MappingError(
                f"The condition on {name!r} has no valid pattern: {error}."
            ) from None
        return _remembered(
            lambda value: value is not None and pattern.search(text(value)) is not None
        )
    if operator in ("over", "under"):
        return _bound(operator, operand)
    raise MappingError(
        f"The condition on {name!r} uses {operator!r}, which does not exist.",
        hint="There are present, not, starts, matches, over and under.",
    )


def _bound(operator: str, bound: Any) -> Test:
    """Compare like with like: numbers as numbers, texts (and so times) as texts."""

    kinds = (str,) if isinstance(bound, str) else (int, float)
    if operator == "over":
        return lambda value: type(value) in kinds and value > bound
    return lambda value: type(value) in kinds and value < bound
