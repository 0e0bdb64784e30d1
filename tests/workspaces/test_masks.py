"""Settings as they are shown, and as they become when some are sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import InvalidError
from headwater.workspaces.masks import BULLET, LARGEST, merged, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "name", ["password", "apiKey", "api_key", "clientSecret", "accessToken", "PRIVATE_KEY"]
)
def test_what_is_named_like_a_secret_is_not_shown(name: str) -> None:
    assert shown({name: "0123456789abcdef"}) == {name: "••••••••cdef"}
    assert shown({name: "short"}) == {name: "••••••••"}
    assert shown({"a": {"b": [{name: {"x": 1}}]}}) == {"a": {"b": [{name: "••••••••"}]}}


def test_what_the_kind_calls_a_secret_is_not_shown_either() -> None:
    assert shown({"pin": "1234", "region": "eu"}, {"pin"}) == {"pin": "••••••••", "region": "eu"}


@pytest.mark.parametrize("value", [None, "", True, False, [], {}])
def test_there_is_nothing_to_hide_in_nothing(value: object) -> None:
    assert shown({"token": value}) == {"token": value}


def test_what_is_not_given_stays_and_what_is_given_as_null_goes() -> None:
    before = {"a": 1, "b": {"c": 2}, "d": 3}
    assert merged(before, {"b": {"e": 4}, "d": None}) == {"a": 1, "b": {"e": 4}}


def test_a_mask_sent_back_means_as_it_was() -> None:
    before = {"token": "0123456789abcdef", "deep": {"password": "abc"}}
    assert merged(before, shown(before)) == before


@pytest.mark.parametrize("mask", [f"{BULLET * 8}aaaa", BULLET])
def test_a_mask_of_something_else_is_refused(mask: str) -> None:
    with pytest.raises(InvalidError, match="is a mask"):
        merged({"token": "0123456789abcdef"}, {"token": mask})
    with pytest.raises(InvalidError, match="is a mask"):
        merged({}, {"token": mask})


def test_settings_have_a_largest_size_and_depth() -> None:
    with pytest.raises(InvalidError, match="larger"):
        merged({}, {"a": "x" * LARGEST})
    deep: Any = 1
    for _ in range(40):
        deep = {"a": deep}
    with pytest.raises(InvalidError, match="deeper"):
        merged({}, {"a": deep})


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_what_is_shown_can_always_be_sent_back(settings: dict[str, Any]) -> None:
    kept = {name: value for name, value in settings.items() if value is not None}
    assert merged(kept, shown(kept)) == kept
