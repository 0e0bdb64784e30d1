"""Whom a call came from, behind proxies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.addresses import TrustedProxies
from headwater.errors import SettingsError

PROXIES = TrustedProxies(["10.0.0.0/8", "2001:db8::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "1.1.1.1, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1, unknown", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8::1", "[2001:db8::2]:80", "2001:db8::2"),
        ("::ffff:203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("::ffff:10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_forwarded_addresses_are_believed_from_trusted_proxies_alone(
    peer: str, forwarded: str, client: str
) -> None:
    assert PROXIES.client_ip(peer, {b"x-forwarded-for": forwarded.encode()}) == client


def test_the_called_host_is_the_proxys_word_only_when_it_is_trusted() -> None:
    headers = {
        b"host": b"inside:8765",
        b"x-forwarded-host": b"events.example.com",
        b"x-forwarded-proto": b"https",
    }
    assert PROXIES.called("203.0.113.9", headers, "http") == ("http", "inside:8765")
    assert PROXIES.called("10.1.1.1", headers, "http") == ("https", "events.example.com")


@pytest.mark.parametrize("host", ["", "a b", 'x"><script>', "evil/../v1", "host:port"])
def test_an_unusable_host_is_left_out(host: str) -> None:
    assert PROXIES.called("203.0.113.9", {b"host": host.encode()}, "http") == ("http", "")


def test_unusable_ranges_are_refused_all_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        TrustedProxies(["10.0.0.0/8", "nonsense", "300.1.1.1"])
    assert len(caught.value.problems) == 2


@given(st.text(max_size=50), st.binary(max_size=200))
def test_nothing_that_a_proxy_says_breaks_it(peer: str, forwarded: bytes) -> None:
    assert isinstance(PROXIES.client_ip(peer, {b"x-forwarded-for": forwarded}), str)
    assert isinstance(PROXIES.client_ip("10.1.1.1", {b"x-forwarded-for": forwarded}), str)
