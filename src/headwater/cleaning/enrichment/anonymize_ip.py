"""Make addresses say the network and not the person: `203.0.113.77` becomes `203.0.113.0`.

The first `ipv4` bits of an address stay, or the first `ipv6`; the others become zero. What is no
address is removed, so that none is kept by how it is written; with `remove` all are.

Such rules have their turn after all others of cleaning and enriching, whatever their position: so a
location can be had of an address that is not kept. What was collected is in the log as it was sent,
for as long as the log keeps it.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making, Phase
from headwater.cleaning.values import Path, on_paths
from headwater.pipeline.members import GONE


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Annotated[
        list[Path],
        Meta(min_length=1, max_length=50, description="The members that have addresses."),
    ] = msgspec.field(default_factory=lambda: ["context.ip"])
    ipv4: Annotated[int, Meta(ge=0, le=32, description="Bits that stay of an IPv4 address.")] = 24
    ipv6: Annotated[int, Meta(ge=0, le=128, description="Bits that stay of an IPv6 address.")] = 48
    remove: Annotated[bool, Meta(description="Whether to remove addresses altogether.")] = False


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    if settings.remove:
        return on_paths(settings.paths, lambda _: GONE)
    ipv4, ipv6 = settings.ipv4, settings.ipv6

    @lru_cache(maxsize=10_000)
    def anonymous(text: str) -> Any:
        return anonymized(text, ipv4, ipv6) or GONE

    return on_paths(settings.paths, lambda value: anonymous(value) if type(value) is str else GONE)


def anonymized(text: str, ipv4: int, ipv6: int) -> str:
    """The address with its first bits alone; empty where the text is none.

    >>> anonymized("2001:db8:85a3::8a2e:370:7334", 24, 48)
    '2001:db8:85a3::'
    """
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address.scope_id is not None:
            address = IPv6Address(int(address))
    kept = ipv4 if address.version == 4 else ipv6
    hidden = address.max_prefixlen - kept
    return str(type(address)(int(address) >> hidden << hidden))


KIND = Kind("anonymize_ip", __doc__, Settings, compiled, {"ipv4": 16}, Phase.PROTECT)
