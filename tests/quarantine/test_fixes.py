"""Mending events."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequestError
from headwater.quarantine.fixes import check, fixed, require_event
from headwater.quarantine.model import Cast, Fix, Operation

SET, RENAME, REMOVE, CAST = Operation.SET, Operation.RENAME, Operation.REMOVE, Operation.CAST


@pytest.mark.parametrize(
    ("fix", "before", "after"),
    [
        (Fix(op=SET, path="userId", value="u"), {}, {"userId": "u"}),
        (Fix(op=SET, path="a.b", value=1), {"a": "text"}, {"a": {"b": 1}}),
        (Fix(op=RENAME, path="user_id", to="userId"), {"user_id": "u"}, {"userId": "u"}),
        (Fix(op=RENAME, path="x", to="y"), {"x": 1, "y": 2}, {"x": 1, "y": 2}),
        (Fix(op=RENAME, path="none", to="y"), {"x": 1}, {"x": 1}),
        (Fix(op=REMOVE, path="a.b"), {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}),
        (Fix(op=REMOVE, path="a.b.c"), {"a": 5}, {"a": 5}),
        (Fix(op=CAST, path="name"), {"name": 5}, {"name": "5"}),
        (Fix(op=CAST, path="n", type=Cast.NUMBER), {"n": " 1,200.5 "}, {"n": 1200.5}),
        (Fix(op=CAST, path="n", type=Cast.NUMBER), {"n": "much"}, {"n": "much"}),
        (Fix(op=CAST, path="b", type=Cast.BOOLEAN), {"b": "No"}, {"b": False}),
        (Fix(op=CAST, path="p", type=Cast.OBJECT), {"p": '{"a":1}'}, {"p": {"a": 1}}),
        (Fix(op=CAST, path="p", type=Cast.OBJECT), {"p": [1]}, {"p": {}}),
        (Fix(op=CAST, path="none", type=Cast.OBJECT), {}, {}),
    ],
)
def test_a_fix_changes_its_field_alone(
    fix: Fix, before: dict[str, Any], after: dict[str, Any]
) -> None:
    kept = copy.deepcopy(before)
    assert fixed(before, [fix]) == after
    assert before == kept


FIXES = st.builds(
    Fix,
    op=st.sampled_from(Operation),
    path=st.sampled_from(["a", "a.b", "c", "properties.x"]),
    to=st.sampled_from(["d", "a.e"]),
    value=st.none() | st.integers() | st.text(),
    type=st.sampled_from(Cast),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("abcd"), VALUES), st.lists(FIXES, max_size=4))
def test_no_fix_fails_on_any_event(event: dict[str, Any], fixes: list[Fix]) -> None:
    check(fixes)
    assert isinstance(fixed(event, fixes), dict)


def test_a_path_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadRequestError):
        check([Fix(op=REMOVE, path="a..b")])
    with pytest.raises(BadRequestError):
        check([Fix(op=RENAME, path="a", to="")])


@pytest.mark.parametrize("raw", ["{", "[]", "5", '{"batch": []}'])
def test_an_edited_text_is_one_event(raw: str) -> None:
    with pytest.raises(BadRequestError):
        require_event(raw)
