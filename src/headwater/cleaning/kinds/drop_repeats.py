"""Leave out events that say again what one of the same person said a moment ago.

Repeated is an event of the same person, type and name in which the chosen `members` (all
properties or traits, if none are chosen) are the same, and which happened no more than `seconds`
from the first. Events that share a `messageId` are left to the check for duplicates.

The last `remembered` different events are remembered, by a hash of each.
"""

from collections import OrderedDict
from typing import Annotated, Any, Final

import msgspec
import xxhash
from msgspec import Meta

from headwater.cleaning.actions import EventAction, on_event
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, reader

_SECOND: Final = 1_000_000

Known = OrderedDict[bytes, tuple[int, str]]
"""By the hash of what an event says: when it first happened, and its messageId."""


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    seconds: Annotated[
        float, Meta(gt=0, le=86_400, description="How far apart they happened, at most.")
    ] = 5.0
    members: Annotated[
        list[Path],
        Meta(max_length=50, description="What must be the same; none is all properties."),
    ] = msgspec.field(default_factory=list)
    remembered: Annotated[
        int, Meta(ge=1, le=1_000_000, description="How many events to remember.")
    ] = 200_000
    action: EventAction = "drop"


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path."""
    readers = [reader(path) for path in settings.members]
    most = settings.remembered
    span = round(settings.seconds * _SECOND)
    deal = on_event(settings.action, rule, "it repeats another event.")
    known: Known = rule.remembered(settings, OrderedDict)

    def decide(event: Event) -> Decision:
        said = _said(event, [read(event) for read in readers] if readers else event.properties)
        first = known.get(said)
        if first is not None:
            at, message_id = first
            if message_id == event.message_id:
                return False
            if abs(event.timestamp - at) <= span:
                return deal(event)
            del known[said]
        known[said] = (event.timestamp, event.message_id)
        if len(known) > most:
            known.popitem(last=False)
        return False

    return decide


def _said(event: Event, members: Any) -> bytes:
    """The hash of who says what."""
    values = members if type(members) is dict else [m if m is not GONE else [] for m in members]
    is_there = None if type(members) is dict else [member is not GONE for member in members]
    person = [event.user_id, None if event.user_id else event.anonymous_id]
    what = (person, event.type, event.event or event.name, event.group_id, is_there, values)
    return xxhash.xxh3_128_digest(msgspec.json.encode(what, order="sorted"))


KIND = Kind(
    "drop_repeats",
    __doc__,
    Settings,
    compiled,
    {"seconds": 10, "members": ["properties.order_id"]},
)
