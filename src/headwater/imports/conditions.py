"""Which rows a rule is for."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from headwater.errors import MappingError
from headwater.imports.model import Condition
from headwater.imports.values import text

Test = Callable[[Any], bool]
RowTest = Callable[[Sequence[Any]], bool]


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

    if len(tables) == 1 and len(tables[0]) == 1:
        only, only_test = tables[0][0]
        return lambda values: only_test(values[only])

    def passes(values: Sequence[Any]) -> bool:
        for table in tables:
            for index, test in table:
                if not test(values[index]):
                    break
            else:
                return True
        return False

    return passes


def _test(name: str, want: Any) -> Test:
    if isinstance(want, list):
        tests = [_test(name, one) for one in want]
        return lambda value: any(test(value) for test in tests)
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
        return lambda value: not test(value)
    if operator == "starts":
        start = text(operand)
        return lambda value: value is not None and text(value).startswith(start)
    if operator == "matches":
        try:
            pattern = re.compile(operand)
        except (re.error, TypeError) as error:
            raise MappingError(
                f"The condition on {name!r} has no valid pattern: {error}."
            ) from None
        return lambda value: value is not None and pattern.search(text(value)) is not None
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
