"""Requests that are made for others reach admitted addresses alone."""

import httpx
import pytest

from headwater.kit.addresses import FetchPolicy
from headwater.kit.guarded import GuardedTransport


def client(*allowed: str, **names: str) -> tuple[httpx.Client, list[httpx.Request]]:
    """A client to a world in which names have these addresses, and what reached it."""
    came: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return httpx.Response(200, json={})

    def resolve(host: str, port: int) -> list[str]:
        return [names.get(host.partition(".")[0], host)]

    guarded = GuardedTransport(
        FetchPolicy(allowed=allowed), resolve=resolve, inner=httpx.MockTransport(answer)
    )
    return httpx.Client(transport=guarded), came


def test_a_public_address_is_reached_by_the_name_that_was_asked_for() -> None:
    asking, came = client(api="93.184.215.14")
    assert asking.get("https://api.example.com:8443/x?y=1").status_code == 200
    [request] = came
    assert str(request.url) == "https://93.184.215.14:8443/x?y=1"
    assert request.headers["host"] == "api.example.com:8443"
    assert request.extensions["sni_hostname"] == "api.example.com"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_an_inner_address_is_not_reached(address: str) -> None:
    asking, came = client(api=address)
    with pytest.raises(httpx.UnsupportedProtocol, match="not on the public internet"):
        asking.get("http://api.example.com/")
    assert came == []


def test_an_inner_address_that_is_allowed_is_reached() -> None:
    asking, came = client("10.1.0.0/16", "inner.example.com", api="10.1.2.3", inner="10.9.9.9")
    asking.get("http://api.example.com/")
    asking.get("http://inner.example.com/")
    assert len(came) == 2


def test_a_name_without_an_address_is_a_failed_connection() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError(-2, "Name or service not known")

    asking = httpx.Client(transport=GuardedTransport(FetchPolicy(), resolve=nowhere))
    with pytest.raises(httpx.ConnectError, match="Name or service not known"):
        asking.get("http://nowhere.invalid/")
