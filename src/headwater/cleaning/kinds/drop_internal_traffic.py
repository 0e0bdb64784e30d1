"""Leave out what comes from your own networks, by ranges of addresses in CIDR.

`203.0.113.0/24` is a range, and `203.0.113.7` or `2001:db8::/32` are too. The address is the one
that `context.ip` has.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.cleaning.actions import EventAction, on_event
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.networks import MOST, Network, parsed, within
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import reader


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    networks: Annotated[
        list[Network], Meta(min_length=1, max_length=MOST, description="The ranges, in CIDR.")
    ]
    path: Annotated[Path, Meta(description="Where the address is.")] = "context.ip"
    action: EventAction = "drop"


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path or network."""
    read, is_within = reader(settings.path), within(parsed(settings.networks))
    deal = on_event(settings.action, rule, "it is from your own network.")

    def decide(event: Event) -> Decision:
        address = read(event)
        if type(address) is str and is_within(address):
            return deal(event)
        return False

    return decide


KIND = Kind(
    "drop_internal_traffic",
    __doc__,
    Settings,
    compiled,
    {"networks": ["203.0.113.0/24", "2001:db8::/32"]},
)
