"""An event that a function returns as it was given is not changed by a byte."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.functions.runtime.model import UNCHANGED
from headwater.functions.runtime.restoring import restored
from headwater.functions.runtime.sandbox import Sandbox
from tests.functions.runtime.running import of, sandbox, track

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
_NUMBERS = st.one_of(
    st.integers(),
    st.integers(2**53 - 2, 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([-0.0, 1.0, 1e16, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 0.1 + 0.2]),
)
_NAMES = st.one_of(
    _TEXTS, st.sampled_from(["__proto__", "constructor", "7", "0", "toJSON", "then"])
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_NAMES, inner, max_size=4)
    ),
    max_leaves=15,
)
_EVENTS = st.dictionaries(_NAMES, _VALUES, max_size=6).map(lambda event: {**event, "type": "track"})


@pytest.fixture(scope="module")
def unchanging() -> Iterator[Sandbox]:
    with sandbox("async function onTrack(event) { return event; }") as function:
        yield function


@pytest.fixture(scope="module")
def copying() -> Iterator[Sandbox]:
    code = "const onTrack = (event) => ({ ...JSON.parse(JSON.stringify(event)), added: 1 });"
    with sandbox(code) as function:
        yield function


_SETTINGS = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_SETTINGS
@given(st.lists(_EVENTS, min_size=1, max_size=8))
def test_what_is_returned_untouched_is_unchanged(
    unchanging: Sandbox, events: list[dict[str, Any]]
) -> None:
    results = unchanging.run(events)
    assert [msgspec.structs.replace(result, milliseconds=0.0) for result in results] == (
        [UNCHANGED] * len(events)
    )


@_SETTINGS
@given(_EVENTS)
def test_what_is_left_alone_in_a_changed_event_is_as_it_was(
    copying: Sandbox, event: dict[str, Any]
) -> None:
    (result,) = copying.run([event])
    assert result.events is not None
    assert _told(result.events[0]) == _told({**event, "added": 1})


def _told(event: dict[str, Any]) -> bytes:
    return msgspec.json.encode(event, order="sorted")


def test_a_number_that_was_changed_is_what_it_was_made() -> None:
    event = track(big=12345678901234567890, price=1.0, other=2.0, list=[1.0, 2**60 + 1, 3])
    code = """
      function onTrack(event) {
        event.properties.price += 1;
        event.properties.list[2] = 4;
        delete event.properties.other;
        return event;
      }
    """
    result = of(code, event)
    assert result.events is not None
    properties = result.events[0]["properties"]
    assert properties == {
        "number": 0,
        "big": 12345678901234567890,
        "price": 2,
        "list": [1.0, 2**60 + 1, 4],
    }
    assert type(properties["list"][0]) is float


def test_what_only_looks_the_same_is_not_restored() -> None:
    assert restored({"a": 1.0, "b": [1]}, {"a": 1, "b": [1]}, {"a": True, "b": [1, 1]}) == {
        "a": True,
        "b": [1, 1],
    }


def test_half_of_a_character_becomes_its_replacement() -> None:
    code = "const onTrack = () => ({ text: '😀😀'.slice(0, 3), 'k\\ud800': '\\\\ud800' });"
    assert of(code).events == ({"text": "😀\ufffd", "k\ufffd": "\\ud800"},)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "undefined"])
def test_what_json_has_no_word_for_is_null_or_gone(number: str) -> None:
    result = of(f"const onTrack = () => ({{ list: [{number}] }});")
    assert result.events == ({"list": [None]},)


def test_a_number_beyond_all_numbers_fails_its_own_event() -> None:
    code = "const onTrack = (e) => e.properties.number ? e : ({ huge: JSON.rawJSON('1e400') });"
    with sandbox(code) as function:
        results = function.run([track(1), track(0), track(2)])
    assert results[0].failed is results[2].failed is None
    assert results[1].failed is not None
