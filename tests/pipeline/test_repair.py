"""JSON that is nearly text is made decodable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.pipeline.repair import repaired


@given(st.recursive(st.text(), lambda inner: st.lists(inner, max_size=3)), st.booleans())
def test_good_json_stays_as_it_is(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (rb'"\ud800"', rb'"\ufffd"'),
        (rb'"\uDC00\uD800"', rb'"\ufffd\ufffd"'),
        (rb'"\ud800\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\\ud800"', rb'"\\ud800"'),
        (rb'"\\\ud800"', rb'"\\\ufffd"'),
        (b'"\xed\xa0\x80"', '"\ufffd\ufffd\ufffd"'.encode()),
        (b"\xef\xbb\xbf{}", b"{}"),
    ],
)
def test_what_cannot_be_text_is_replaced(broken, mended):
    assert repaired(broken) == mended
