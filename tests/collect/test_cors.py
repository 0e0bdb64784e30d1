"""Cross-origin answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect import cors


def test_without_an_origin_everyone_is_allowed() -> None:
    assert dict(cors.headers(None))[b"access-control-allow-origin"] == b"*"


def test_an_origin_is_echoed_with_credentials() -> None:
    allowed = dict(cors.headers(b"https://shop.example"))
    assert allowed[b"access-control-allow-origin"] == b"https://shop.example"
    assert allowed[b"access-control-allow-credentials"] == b"true"
    assert allowed[b"vary"] == b"Origin"


@pytest.mark.parametrize("origin", [None, b"https://shop.example", b"null"])
def test_retry_after_can_be_read_by_browsers(origin: bytes | None) -> None:
    assert b"Retry-After" in dict(cors.headers(origin))[b"access-control-expose-headers"]


@pytest.mark.parametrize(
    "asked",
    [
        b"authorization",
        b"anonymousid,authorization,content-type,sentat",
        b"content-type,x-write-key",
        b"x-anything-else, rsa-recovered",
    ],
)
def test_a_preflight_grants_the_headers_that_it_asks_for(asked: bytes) -> None:
    granted = dict(cors.preflight(asked).headers)
    assert granted[b"access-control-allow-headers"] == asked
    assert granted[b"access-control-max-age"] == b"86400"
    assert granted[b"access-control-allow-methods"] == b"GET, POST, OPTIONS, HEAD"


@pytest.mark.parametrize("asked", [None, b"", b"x\x00y", b"x" * 3000])
def test_a_preflight_that_asks_nothing_usable_is_granted_the_known_headers(
    asked: bytes | None,
) -> None:
    granted = dict(cors.preflight(asked).headers)[b"access-control-allow-headers"]
    assert b"authorization" in granted
    assert b"x-write-key" in granted


@given(st.binary(max_size=100))
def test_nothing_that_a_browser_sends_ends_a_header_line(sent: bytes) -> None:
    answered = [*cors.headers(sent), *cors.preflight(sent).headers]
    assert not any(b"\r" in value or b"\n" in value for _, value in answered)
