"""Who called, and what address they called, behind trusted proxies or not."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from headwater.errors import SettingsError

_REMEMBERED: Final = 10_000
_HOST: Final = re.compile(r"[A-Za-z0-9._\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


class TrustedProxies:
    """The proxies whose X-Forwarded-… headers are believed. Raises SettingsError for a bad one."""

    def __init__(self, ranges: Sequence[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        self._seen: dict[str, bool] = {}
        problems = []
        for text in ranges:
            try:
                self._networks.append(ip_network(text, strict=False))
            except ValueError:
                problems.append(f"trusted_proxies: {text!r} is no address and no CIDR range.")
        if problems:
            raise SettingsError(problems)

    def trusts(self, address: str) -> bool:
        """Whether an address is a trusted proxy's. An empty one is a local socket: never."""
        if not self._networks:
            return False
        known = self._seen.get(address)
        if known is None:
            parsed = _parse(address)
            known = parsed is not None and any(parsed in network for network in self._networks)
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[address] = known
        return known

    def client_ip(self, peer: str, headers: Mapping[bytes, bytes]) -> str:
        """The address of the client: the last that no trusted proxy has, of those forwarded."""
        if not self.trusts(peer):
            return _plain(peer)
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        for text in reversed([part.strip() for part in forwarded.split(",")][-50:]):
            address = _without_port(text)
            if _parse(address) is None:
                break
            peer = address
            if not self.trusts(address):
                break
        return _plain(peer)

    def called(self, peer: str, headers: Mapping[bytes, bytes], scheme: str) -> tuple[str, str]:
        """The scheme and the host (with its port) that the client called; an unusable one is ''."""
        host = headers.get(b"host", b"")
        if self.trusts(peer):
            host = headers.get(b"x-forwarded-host", host).split(b",")[0].strip()
            said = headers.get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
            if said in (b"http", b"https"):
                scheme = said.decode()
        text = host.decode("latin-1")
        return scheme, text if _HOST.fullmatch(text) else ""


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _plain(text: str) -> str:
    """An IPv4 address that came in its IPv6 form, as IPv4."""
    if text.startswith("::ffff:") and (address := _parse(text)):
        return str(address)
    return text


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
