"""Where a write key may stand in a request."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.sources import Sources, authorization_keys, query_pairs
from tests.collect.door import CONFIGURATION, KEY, OTHER_KEY, SECRET_KEY, SOURCES

UNKNOWN = "c" + "u" * 24


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        f"Basic {b64(KEY + ':')}",
        f"Basic {b64(KEY)}",
        f"Basic {b64(KEY + ':password')}",
        f"Basic {b64(KEY + ':').rstrip('=')}",
        f"basic   {b64(KEY + ':')}  ",
        f"Basic {KEY}",
        f"Basic {KEY}:",
        f"BASIC {KEY}",
        KEY,
        f"Bearer {KEY}",
    ],
)
def test_an_authorization_header_holds_the_key_in_every_form_met(header: str) -> None:
    found = SOURCES.find({b"authorization": header.encode()}, b"")
    assert found is not None
    assert found.id == "source-1"


@pytest.mark.parametrize(
    "header",
    [f"Basic {b64(SECRET_KEY + ':')}", f"Basic {b64(SECRET_KEY)}", f"Basic {SECRET_KEY}"],
)
def test_a_key_may_hold_a_colon_itself(header: str) -> None:
    found = SOURCES.find({b"authorization": header.encode()}, b"")
    assert found is not None
    assert found.id == "source-3"


@pytest.mark.parametrize("value", [KEY, f"{KEY}:secret", f" {KEY} "])
def test_x_write_key_holds_a_key_or_a_key_and_a_secret(value: str) -> None:
    found = SOURCES.find({b"x-write-key": value.encode()}, b"")
    assert found is not None
    assert found.id == "source-1"


@pytest.mark.parametrize("name", ["writeKey", "writekey", "write_key"])
def test_the_query_holds_a_key_under_three_names(name: str) -> None:
    found = SOURCES.find({}, f"a=b&{name}={KEY}".encode())
    assert found is not None
    assert found.id == "source-1"


def test_the_places_are_asked_in_their_order() -> None:
    headers = {b"authorization": KEY.encode(), b"x-write-key": OTHER_KEY.encode()}
    everywhere = SOURCES.find(headers, b"writeKey=x", OTHER_KEY, OTHER_KEY)
    without_basic = SOURCES.find({b"x-write-key": OTHER_KEY.encode()}, b"", KEY)
    without_headers = SOURCES.find({}, f"writeKey={OTHER_KEY}".encode(), KEY)
    assert everywhere is not None
    assert without_basic is not None
    assert without_headers is not None
    assert [everywhere.id, without_basic.id, without_headers.id] == [
        "source-1", "source-2", "source-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header", ["Bearer an-oauth-token", f"Basic {b64(':')}", "Basic", "Basic ???", "Digest x=y"]
)
def test_a_header_without_a_known_key_leaves_it_to_the_body(header: str) -> None:
    found = SOURCES.find({b"authorization": header.encode()}, b"", KEY)
    assert found is not None
    assert found.id == "source-1"


def test_an_unknown_key_finds_nothing() -> None:
    assert SOURCES.find({b"authorization": f"Basic {b64(UNKNOWN)}".encode()}, b"", "***") is None


def test_sources_are_unknown_before_the_first_configuration() -> None:
    assert not Sources(None).known
    assert Sources(CONFIGURATION).known


def test_the_memory_of_headers_is_bounded() -> None:
    sources = Sources(CONFIGURATION)
    for number in range(10_050):
        assert sources.by_authorization(f"Basic {KEY}:{number}".encode())
    assert len(sources._by_authorization) <= 10_000


@given(st.binary(max_size=300))
def test_no_authorization_header_breaks_the_search(header: bytes) -> None:
    assert all(isinstance(key, str) for key in authorization_keys(header))


@given(st.binary(max_size=300))
def test_no_query_breaks_the_search(query: bytes) -> None:
    assert all(isinstance(name, str) for name, _ in query_pairs(query))


def test_a_query_of_very_many_parameters_is_cut() -> None:
    assert len(query_pairs(b"a=1&" * 5000)) <= 1000
