"""Parameters become literals, and never anything else."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import QueryRefusedError
from headwater.queries.parameters import Kind, Parameter, bound, declared


def answer(sql: str, values: dict[str, object]) -> object:
    put = bound(sql, values)  # type: ignore[arg-type]
    rows = duckdb.connect().execute(put.sql).fetchall()
    return rows[0][0]


def test_what_a_question_names() -> None:
    sql = "SELECT {{least:number=-5.5}}, {{ day : date }}, {{least}} -- {{no}}\n, '{{no}}', {{t}}"
    assert declared(sql) == (
        Parameter("least", Kind.NUMBER, "-5.5"),
        Parameter("day", Kind.DATE),
        Parameter("t"),
    )
    assert declared("SELECT {'a': {'b': 1}}") == ()
    assert declared("SELECT '") == ()


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("SELECT {{n:number}} + 1", {"n": 2**60}, 2**60 + 1),
        ("SELECT 3 -{{n:number}}", {"n": "-1"}, 4),
        ("SELECT {{n:number=7}}", {}, 7),
        ("SELECT {{t='a''b'}}", {}, "a'b"),
        ("SELECT {{d:date=2026-01-31}}::TEXT", {}, "2026-01-31"),
        ("SELECT {{at:timestamp=2026-01-31T12:00:00Z}}::TEXT", {}, "2026-01-31 12:00:00"),
        ("SELECT {{t}}", {"t": "x' OR 1=1 --"}, "x' OR 1=1 --"),
        ("SELECT e{{t}}", {"t": "x\\"}, "x\\"),
        ("SELECT ({{d:date}} + 1)::TEXT", {"d": "2026-01-31"}, "2026-02-01"),
        (
            "SELECT {{at:timestamp}}::TEXT",
            {"at": "2026-01-31T12:00:00+08:00"},
            "2026-01-31 04:00:00",
        ),
        ("SELECT {{b:boolean}}", {"b": "true"}, True),
        ("SELECT {{b:boolean}}", {"b": False}, False),
        ("SELECT 'b' IN {{l:texts}}", {"l": "a, b"}, True),
        ("SELECT 2 IN {{l:numbers}}", {"l": [1, 2]}, True),
        ("SELECT count(*) FILTER (1 IN {{l:numbers}})", {"l": []}, 0),
        ("SELECT {{t}} IS NULL", {"t": None}, True),
    ],
)
def test_values_are_of_their_types(sql: str, values: dict[str, object], expected: object) -> None:
    if sql.startswith("SELECT e"):
        # Beside a letter it stays a word of its own: here the name `e`, with an alias.
        with pytest.raises(duckdb.Error):
            answer(sql, values)
        return
    assert answer(sql, values) == expected


@pytest.mark.parametrize(
    ("sql", "values", "says"),
    [
        ("SELECT {{n:number}}", {"n": "1; DROP"}, "not a number"),
        ("SELECT {{n:number}}", {"n": "NaN"}, "not a number"),
        ("SELECT {{n:number}}", {"n": True}, "not a number"),
        ("SELECT {{d:date}}", {"d": "yesterday"}, "not a date"),
        ("SELECT {{t}}", {}, "has no value"),
        ("SELECT 1", {"t": "x"}, "no parameter t"),
        ("SELECT {{t:oops}}", {"t": "x"}, "no type 'oops'"),
        ("SELECT {{t:number}} {{t:date}}", {"t": 1}, "two ways"),
        ("SELECT {{t", {}, "not written as one"),
        ("SELECT {{t;}}", {}, "not written as one"),
        ("SELECT {{n:number=x}}", {}, "not a number"),
        ("SELECT {{n='a' 'b'}}", {}, "not written as one"),
        ("SELECT {{n=}}", {}, "not written as one"),
    ],
)
def test_what_is_wrong_is_said(sql: str, values: dict[str, object], says: str) -> None:
    with pytest.raises(QueryRefusedError, match=says):
        bound(sql, values)  # type: ignore[arg-type]


def test_a_plan_has_parameters_too() -> None:
    assert bound("-- c\nEXPLAIN ANALYZE SELECT {{t}}", {"t": "x"}).sql.endswith("SELECT  'x' ")
    assert declared("EXPLAIN SELECT {{t}}") == (Parameter("t"),)


def test_a_place_is_that_of_the_question_as_written() -> None:
    sql = "SELECT {{t}}, wrong"
    put = bound(sql, {"t": "a long text"})
    assert put.place(put.sql.index("wrong")) == sql.index("wrong")
    assert put.place(put.sql.index("long")) == sql.index("{{")
    assert put.place(None) is None
    with pytest.raises(QueryRefusedError) as missing:
        bound(sql, {})
    assert missing.value.position == 7


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60).filter(lambda text: "\0" not in text))
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert answer("SELECT {{t}}/*c*/", {"t": text}) == text


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=-(10**37), max_value=10**37))
def test_any_whole_number_stays_exact(number: int) -> None:
    assert answer("SELECT {{n:number}}::HUGEINT", {"n": number}) == number
