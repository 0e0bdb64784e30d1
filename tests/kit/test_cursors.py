"""Cursors: what one writes another reads, and nothing else is read."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequestError
from headwater.kit import cursors
from headwater.search.model import Place


@given(st.integers(0, 2 * 10**15), st.text(), st.text())
def test_a_place_comes_back_as_it_was(received_at: int, message_id: str, slug: str) -> None:
    place = Place(received_at, message_id, slug)
    assert cursors.read(cursors.written(place), Place) == place


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'["x","y","z"]', b'[1e30,"a","b"]'])
def test_what_no_page_gave_is_refused(content: bytes) -> None:
    with pytest.raises(BadRequestError):
        cursors.read(base64.b64encode(content).decode() or "!", Place)


def test_a_moment_that_no_clock_shows_is_refused() -> None:
    forged = base64.b64encode(msgspec.json.encode([10**18, "a", "b"])).decode()
    with pytest.raises(BadRequestError):
        cursors.read(forged, Place)


def test_an_empty_cursor_is_the_beginning() -> None:
    assert cursors.read("", Place) is None
