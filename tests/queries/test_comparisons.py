"""For any JSON value and comparison, the resolved SQL agrees with a model of what is meant."""

import json
import math
import operator
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MISSING: Final = object()
OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0", codec="utf-8"), max_size=6
)
# What texts read as numbers is the database's to say; here are only plain ones.
WORDS = TEXTS.filter(lambda text: not any(c.isnumeric() for c in text))
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-5, 5),
    st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1]),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
)
VALUES = st.one_of(
    st.just(MISSING),
    st.none(),
    st.booleans(),
    NUMBERS,
    WORDS,
    st.integers(-9, 9).map(str),
    st.sampled_from(["nan", "inf", "-Infinity", "true", "null"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.just("k"), st.integers(), max_size=1),
)
SIZABLE = NUMBERS.filter(lambda number: abs(number) < 1e15 or isinstance(number, int))
LITERALS = st.one_of(st.booleans(), SIZABLE, WORDS)


def number_of(value: Any) -> float | int | None:
    """What a JSON value is as a number."""
    if isinstance(value, bool) or value is None or value is MISSING:
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return None


def text_of(value: Any) -> str | None:
    """What a JSON value is as text."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def meant(value: Any, name: str, literal: Any) -> bool:
    """Whether `value <name> literal` holds, where an unfit value makes no comparison hold."""
    compare = OPERATORS[name]
    if isinstance(literal, bool):
        return isinstance(value, bool) and compare(value, literal)
    if isinstance(literal, str):
        text = text_of(value)
        return text is not None and compare(text.encode(), literal.encode())
    number = number_of(value)
    if number is None:
        return False
    if isinstance(literal, int) and abs(literal) >= 2**53:
        return compare(number, literal)
    return compare(float(number), float(literal))


def sql_of(literal: Any) -> str:
    if isinstance(literal, str):
        return "'" + literal.replace("'", "''") + "'"
    return json.dumps(literal)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(VALUES, min_size=1, max_size=8),
    name=st.sampled_from(list(OPERATORS)),
    literal=LITERALS,
    key=TEXTS.filter(bool),
    swapped=st.booleans(),
)
def test_comparisons_mean_what_they_say(
    warehouse: Any, values: list[Any], name: str, literal: Any, key: str, swapped: bool
) -> None:
    fill(warehouse, key, values)
    path = 'properties."{}"'.format(key.replace('"', '""'))
    sides = (sql_of(literal), path) if swapped else (path, sql_of(literal))
    turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(name, name) if swapped else name
    found = warehouse.ask(f"SELECT userId FROM track WHERE {sides[0]} {turned} {sides[1]}")
    expected = {str(n) for n, value in enumerate(values) if meant(value, name, literal)}
    assert {row[0] for row in found} == expected


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(VALUES, min_size=1, max_size=8))
def test_sums_and_nulls_mean_what_they_say(warehouse: Any, values: list[Any]) -> None:
    fill(warehouse, "v", values)
    found = warehouse.ask(
        "SELECT count(properties.v), max(properties.v), "
        "count(*) FILTER (WHERE properties.v IS NULL) FROM track"
    )
    numbers = [float(n) for n in map(number_of, values) if n is not None and math.isfinite(n)]
    present = [value for value in values if value is not MISSING and value is not None]
    expected = (len(present), max(numbers, default=None), len(values) - len(present))
    assert found == [expected]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(VALUES, min_size=1, max_size=8))
def test_a_selected_value_is_the_value_that_was_sent(warehouse: Any, values: list[Any]) -> None:
    fill(warehouse, "v", values)
    found = warehouse.ask("SELECT userId, properties.v FROM track")
    sent = {str(n): None if value is MISSING else value for n, value in enumerate(values)}
    assert {user: None if text is None else json.loads(text) for user, text in found} == sent


def fill(warehouse: Any, key: str, values: list[Any]) -> None:
    warehouse.connection.execute("DELETE FROM _headwater.events_web")
    warehouse.add(
        *[
            {"user_id": str(n), "properties": {} if value is MISSING else {key: value}}
            for n, value in enumerate(values)
        ]
    )
