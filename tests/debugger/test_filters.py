"""Which events a filter admits, and what differs between two of them."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.debugger.differences import differences
from headwater.debugger.filters import Filter
from headwater.debugger.masking import masked_seen
from headwater.debugger.model import Outcome, Seen
from headwater.errors import BadRequestError, FqlError
from headwater.search.masking import MASK
from headwater.search.paths import keys_of


def seen(**more: Any) -> Seen:
    facts: dict[str, Any] = {
        "id": "0.1.0",
        "source_id": "s1",
        "received_at": "",
        "message_id": "m",
        "type": "track",
        "event": "Paid",
        "user_id": "ada",
        "anonymous_id": None,
        "outcome": Outcome.ACCEPTED,
        "reason": "",
        "detail": "",
        "raw": '{"type":"track","event":"Paid","userId":"ada"}',
        "is_cut": False,
        "normalised": {"type": "track", "event": "Paid", "userId": "ada", "properties": {"n": 5}},
        "library": "",
        "ip": "203.0.113.7",
        "size": 1,
    }
    return Seen(**facts | more)


def test_fql_looks_at_the_event_as_delivered_or_else_as_received() -> None:
    wanted = Filter.of("properties.n = 5")
    assert wanted.admits(seen())
    assert not wanted.admits(seen(normalised=None))
    assert Filter.of('userId = "ada"').admits(seen(normalised=None))
    assert not Filter.of('userId = "ada"').admits(seen(normalised=None, raw="{"))


def test_a_text_is_found_in_any_letter_case() -> None:
    assert Filter.of(text="ADA").admits(seen())
    assert not Filter.of(text="zoe").admits(seen())


def test_nothing_is_learned_by_asking_about_what_is_hidden() -> None:
    hidden = {"s1"}
    assert not Filter.of('userId = "ada"', hidden=hidden).admits(seen())
    assert not Filter.of(text="ada", hidden=hidden).admits(seen())
    assert Filter.of('event = "Paid"', hidden=hidden).admits(seen())


def test_a_masked_event_names_nobody() -> None:
    shown = masked_seen(seen())
    assert (shown.user_id, shown.ip, shown.event) == (MASK, MASK, "Paid")
    assert "ada" not in repr(shown)


def test_what_cannot_be_a_filter_is_refused() -> None:
    with pytest.raises(FqlError):
        Filter.of("type = (")
    with pytest.raises(BadRequestError):
        Filter.of(text="x" * 1001)


JSON = st.dictionaries(
    st.text(min_size=1, max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.dictionaries(
            st.text(min_size=1, max_size=2), inner, min_size=1, max_size=2
        ),
        max_leaves=4,
    ),
    max_size=4,
)


@given(JSON, JSON)
def test_the_differences_lead_from_one_to_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    made = copy.deepcopy(before)
    for each in differences(before, after):
        *parents, last = keys_of(each.path)
        at = made
        for key in parents:
            at = at[key]
        if each.change == "removed":
            del at[last]
        else:
            at[last] = each.after
    assert made == after
