"""Ranges of addresses, and whether an address is in one."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Final

from msgspec import Meta

MOST: Final = 1_000
Network = Annotated[str, Meta(min_length=1, max_length=60)]
Networks = Annotated[
    list[Network], Meta(max_length=MOST, description="More ranges of addresses, in CIDR.")
]
Ranges = tuple[IPv4Network | IPv6Network, ...]


def parsed(networks: Sequence[str]) -> Ranges:
    """The ranges. Raises ValueError, which names the one that is none."""
    found = []
    for network in networks:
        try:
            found.append(ip_network(network.strip(), strict=False))
        except ValueError:
            raise ValueError(f"networks: {network!r} is no range of addresses") from None
    return tuple(found)


def within(networks: Ranges) -> Callable[[str], bool]:
    """Whether an address is in one of the ranges; a text that is none is in none."""

    @lru_cache(maxsize=10_000)
    def is_within(address: str) -> bool:
        found = _address(address)
        return found is not None and any(
            found.version == network.version and found in network for network in networks
        )

    return is_within


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found if mapped is None else mapped
