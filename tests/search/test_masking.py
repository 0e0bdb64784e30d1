"""What is hidden from those who may not see personal data."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.search.masking import MASK, masked, masked_event, masked_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_a_masked_value_has_the_form_and_none_of_the_values(value: Any) -> None:
    def check(before: Any, after: Any) -> None:
        if isinstance(before, dict):
            assert before.keys() == after.keys()
            for key in before:
                check(before[key], after[key])
        elif isinstance(before, list):
            assert len(before) == len(after)
            for one, other in zip(before, after, strict=True):
                check(one, other)
        elif before is None:
            assert after is None
        else:
            assert after in (MASK, 0, False)

    check(value, masked(value))


def test_what_an_event_is_stays_and_whose_it_is_goes() -> None:
    event = {"type": "track", "event": "Paid", "userId": "ada", "properties": {"total": 5}}
    assert masked_event(event) == {
        "type": "track",
        "event": "Paid",
        "userId": MASK,
        "properties": {"total": 0},
    }
    assert masked_text('{"type":"track","userId":"ada"}') == '{"type":"track","userId":"•••"}'
    assert masked_text("ada@example.com {") == MASK
