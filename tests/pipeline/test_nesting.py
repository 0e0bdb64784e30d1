"""How deep objects and arrays are nested."""

import json

from hypothesis import given
from hypothesis import strategies as st

from headwater.pipeline.nesting import is_deeper, may_be_deep

VALUES = st.recursive(
    st.none() | st.text("{}[]a", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("{[k"), inner, max_size=3),
    max_leaves=20,
)


def depth(value) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(VALUES, st.integers(1, 6))
def test_a_value_is_deeper_when_its_depth_is(value, limit):
    assert is_deeper(value, limit) == (depth(value) > limit)


@given(st.lists(VALUES, min_size=1, max_size=8), st.integers(1, 6), st.booleans())
def test_what_cannot_be_deep_is_not(members, limit, is_large):
    texts = [json.dumps(member).encode() for member in members]
    padding = b" " * 5000 if is_large else b""
    body = b"[" + padding + b",".join(texts) + b"]"
    longest = max(map(len, texts))
    if any(is_deeper(member, limit) for member in members):
        assert may_be_deep(body, longest, limit)


def test_many_flat_events_are_not_looked_into():
    events = b",".join([b'{"a":{"b":[1]}}'] * 1000)
    assert not may_be_deep(b"[" + events + b"]", 15, 100)
