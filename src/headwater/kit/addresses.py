"""Which addresses may be reached for others: public ones, and those that the operator allows."""

import ipaddress
from collections.abc import Sequence
from typing import Final

import msgspec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_ALSO_CLOSED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "100::/64",
        "64:ff9b:1::/48",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fec0::/10",
    )
)
"""Beyond what every Python version's ipaddress says of private ranges."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")


class FetchPolicy(msgspec.Struct, frozen=True):
    """Whether requests may be made, and where to beyond public addresses: networks
    (`10.1.0.0/16`), addresses, or host names, whose addresses are then not looked at."""

    is_on: bool = True
    allowed: tuple[str, ...] = ()


class Gate:
    """Decides by a policy. Raises ValueError for an entry that is none."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._networks, self._names = _read(policy.allowed)

    def admits(self, host: str, address: str) -> bool:
        """Whether a host may be reached at an address that its name resolved to."""
        if host.lower().rstrip(".") in self._names:
            return True
        found = ipaddress.ip_address(address.partition("%")[0])
        meant = _embedded(found)
        if any(one in network for one in (found, *meant) for network in self._networks):
            return True
        return all(map(is_public, meant if found in _NAT64 else (found, *meant)))


def is_public(address: Address) -> bool:
    """Whether an address is one of the Internet's."""
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _ALSO_CLOSED)
    )


def _embedded(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to by one of the ways of transition."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo:
        found += address.teredo
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)


def _read(entries: Sequence[str]) -> tuple[list[Network], set[str]]:
    networks: list[Network] = []
    names: set[str] = set()
    for entry in entries:
        text = entry.strip()
        try:
            networks.append(ipaddress.ip_network(text.strip("[]"), strict=False))
        except ValueError:
            if not text or "/" in text or ":" in text:
                raise ValueError(f"{entry!r} is no network, address or host name") from None
            names.add(text.lower().rstrip("."))
    return networks, names
