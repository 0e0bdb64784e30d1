"""A way to HTTP servers that leads to admitted addresses alone.

A name is resolved here, its addresses are checked, and the connection goes to the address that was
checked: nobody can make the name mean another in between.
"""

import socket
from collections.abc import Callable, Sequence

import httpx

from headwater.kit.addresses import FetchPolicy, Gate

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host name. Raises OSError."""


class GuardedTransport(httpx.BaseTransport):
    """Sends requests to addresses that a policy admits; others are an httpx.UnsupportedProtocol."""

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolve: Resolve | None = None,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self._gate = Gate(policy)
        self._resolve = resolve or _resolved
        self._inner = inner or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        address = self._address(url)
        extensions = {**request.extensions, "sni_hostname": url.host}
        return self._inner.handle_request(
            httpx.Request(  # its headers name the host
                request.method,
                url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
        )

    def close(self) -> None:
        self._inner.close()

    def require_admitted(self, url: str) -> None:
        """Raise httpx.UnsupportedProtocol for an address that requests may not go to, and
        httpx.ConnectError for one that there is not: for programs that send by themselves."""
        self._address(httpx.URL(url))

    def _address(self, url: httpx.URL) -> str:
        """The first of the host's addresses that is admitted."""
        try:
            found = self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        except OSError as error:
            raise httpx.ConnectError(f"{url.host} has no address: {error.strerror}") from None
        for address in found:
            if self._gate.admits(url.host, address):
                return address
        raise httpx.UnsupportedProtocol(
            f"{url.host} is not on the public internet, and this server does not allow it"
        )


def _resolved(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]
