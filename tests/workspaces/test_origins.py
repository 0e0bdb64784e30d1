"""Which web pages may send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import BadRequestError
from headwater.workspaces.origins import MOST, allows, checked


def test_without_a_list_every_page_may_send() -> None:
    assert allows((), "https://anything.example")


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("https://shop.example", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://www.shop.example", False),
        ("https://a.blog.example", True),
        ("https://a.b.blog.example", True),
        ("https://blog.example", False),
        ("https://.blog.example", False),
        ("https://a..blog.example", False),
        ("https://evil.example/.blog.example", False),
        ("https://evil.example:1.blog.example", False),
        ("https://u@evil.blog.example", False),
        ("https://blog.example.evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_list_names_origins_exactly_or_all_subdomains_of_a_host(origin: str, may: bool) -> None:
    assert allows(("https://shop.example", "https://*.blog.example"), origin) is may


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:03000", "http://localhost:3000"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://*.Shop.example", "https://*.shop.example"),
        ("https://商店.example", "https://xn--czrs0t.example"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(written: str, kept: str) -> None:
    assert checked([written]) == (kept,)


@pytest.mark.parametrize(
    "written",
    [
        *("", "shop.example", "https://", "https://shop.example/path", "*", "https://*"),
        *("https://a*.example", "https://*.*.example", "https://a..example", "ftp://a.example"),
        *("https://a.example:99999999", "https://a b.example", "javascript:alert(1)"),
    ],
)
def test_what_is_no_origin_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(BadRequestError, match="is not an origin"):
        checked([written])


def test_a_repeated_origin_is_kept_once_and_their_number_is_bounded() -> None:
    assert checked(["https://a.example", "https://A.example/"]) == ("https://a.example",)
    with pytest.raises(BadRequestError, match="at most"):
        checked(f"https://s{number}.example" for number in range(MOST + 1))


@given(st.text(max_size=60))
def test_nothing_that_can_be_written_breaks_the_check(text: str) -> None:
    try:
        (kept,) = checked([text])
    except BadRequestError:
        return
    assert checked([kept]) == (kept,)
