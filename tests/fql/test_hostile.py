"""No text and no event makes a filter fail, or take long."""

import operator
import time
from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from headwater.errors import FqlError
from headwater.fql import compile as compile_fql
from headwater.fql.globs import BadGlobError, matcher

PIECES = (
    *("type", "properties.a", "properties.a.b", "context", r"a\ b", "and", "or", "in", "!", "="),
    *("!=", "<", ">=", "(", ")", "[", "]", ",", "true", "null", "'x'", '"y"', "3", "-1.5e9", "*"),
    *(
        "contains",
        "match",
        "length",
        "typeof",
        "number",
        "string",
        "'[a-z]*?'",
        "\\",
        "'",
        "\ud800",
    ),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab") | st.text(), inner),
    max_leaves=12,
)
events = st.dictionaries(
    st.sampled_from(["type", "properties", "context", "a b"]) | st.text(), anything
)


@given(st.text() | st.lists(st.sampled_from(PIECES)).map(" ".join), events)
@example("number(properties.a) = 1", {"properties": {"a": "9" * 10_000}})
@example("number(properties.a) = 1", {"properties": {"a": "1e999"}})
@example("string(properties.a) = '1'", {"properties": {"a": float("inf")}})
@example("length(properties.a) = 1", {"properties": {"a": "\ud800"}})
def test_any_text_is_a_filter_or_refused_and_any_event_is_answered(source: str, event: Any) -> None:
    try:
        holds = compile_fql(source)
    except FqlError as error:
        refused = error
    else:
        assert holds(event) in (True, False)
        return
    assert refused.message
    assert 1 <= refused.column <= len(source) + 1


Says = tuple[str, Callable[[dict[str, Any]], bool]]

_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_atoms: st.SearchStrategy[Says] = st.one_of(
    st.tuples(st.sampled_from("ab"), st.integers(-3, 3)).map(
        lambda of: (f"p.{of[0]} = {of[1]}", lambda event: event["p"][of[0]] == of[1])
    ),
    st.tuples(st.sampled_from("ab"), st.sampled_from(list(_ORDERS)), st.integers(-3, 3)).map(
        lambda of: (
            f"p.{of[0]} {of[1]} {of[2]}",
            lambda event: _ORDERS[of[1]](event["p"][of[0]], of[2]),
        )
    ),
    st.sampled_from("abc").map(
        lambda name: (f"p.{name} != null", lambda event: event["p"].get(name) is not None)
    ),
)


def _joined(word: str, parts: list[Says]) -> Says:
    every = all if word == "and" else any
    return (
        f" {word} ".join(f"({text})" for text, _ in parts),
        lambda event: every(holds(event) for _, holds in parts),
    )


_says = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)).map(
            lambda of: _joined(*of)
        ),
        inner.map(lambda one: (f"!({one[0]})", lambda event: not one[1](event))),
    ),
)


@given(_says, st.integers(-3, 3), st.integers(-3, 3))
def test_a_filter_answers_as_the_same_condition_in_python(says: Says, a: int, b: int) -> None:
    event = {"p": {"a": a, "b": b}}
    assert compile_fql(says[0])(event) is says[1](event)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_a_glob_matches_what_trying_every_way_matches(glob: str, text: str) -> None:
    assert matcher(glob)(text) is _tried(glob, text)


def _tried(glob: str, text: str) -> bool:
    if not glob:
        return not text
    if glob[0] == "*":
        return any(_tried(glob[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and glob[0] in ("?", text[0]) and _tried(glob[1:], text[1:])


@given(st.text(), st.text())
def test_any_text_is_a_glob_or_refused(glob: str, text: str) -> None:
    try:
        matches = matcher(glob)
    except BadGlobError as error:
        matches = None
        offset = error.offset
    assert 0 <= offset <= len(glob) if matches is None else matches(text) in (True, False)


def test_globs_that_try_every_way_elsewhere_are_answered_in_linear_time() -> None:
    text = "a" * 32_000
    start = time.process_time()
    for glob in ("*a" * 100 + "*b", "*[ab]" * 50 + "c", "*" + "?" * 100 + "b*", "a*" * 120 + "b"):
        assert compile_fql(f"match(properties.text, '{glob}')")({"properties": {"text": text}}) is (
            False
        )
    assert time.process_time() - start < 2
