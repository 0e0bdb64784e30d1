"""JSON in colours."""

import re
from html import unescape
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from headwater.web.json_markup import json_markup

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_keys_texts_numbers_and_words_have_their_colours() -> None:
    said = json_markup({"a": "b", "n": -1.5e9, "t": True, "z": None})
    assert '<span class="json-key">&#34;a&#34;</span>:' in said
    assert '<span class="json-text">&#34;b&#34;</span>' in said
    assert '<span class="json-number">-1500000000.0</span>' in said
    assert '<span class="json-word">true</span>' in said
    assert '<span class="json-word">null</span>' in said


def test_what_looks_like_html_is_escaped() -> None:
    assert "<script" not in json_markup({"<script>": "</span><script>alert(1)</script>"})


@given(VALUES)
def test_without_its_colours_it_is_the_value(value: Any) -> None:
    plain = unescape(re.sub(r"</?span[^>]*>", "", str(json_markup(value))))
    assert msgspec.json.decode(plain) == msgspec.json.decode(msgspec.json.encode(value))
