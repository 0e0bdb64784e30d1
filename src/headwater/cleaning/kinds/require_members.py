"""Leave out events, or keep them aside, in which a required member is missing.

A member that is null, or a text of blanks alone, is missing too.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.cleaning.actions import EventAction, on_event
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.values import Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE, reader


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    members: Annotated[
        list[Path],
        Meta(min_length=1, max_length=50, description="The members that every event must have."),
    ]
    action: EventAction = "quarantine"


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path."""
    needed = [
        (reader(path), on_event(settings.action, rule, f"`{path}` is missing."))
        for path in settings.members
    ]

    def decide(event: Event) -> Decision:
        for read, deal in needed:
            value = read(event)
            if value is GONE or value is None or (type(value) is str and not value.strip()):
                return deal(event)
        return False

    return decide


KIND = Kind("require_members", __doc__, Settings, compiled, {"members": ["properties.order_id"]})
