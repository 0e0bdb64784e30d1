"""Leave out events, or keep them aside: all that the scope admits, and that `where` holds for.

`where` is [FQL](fql.md): `properties.price < 0`, `!match(event, "Order *")`. Without it the rule is
for all events of its scope.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater import fql
from headwater.cleaning.actions import EventAction, on_event
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.values import Condition
from headwater.pipeline.event import Event
from headwater.pipeline.members import View


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    where: Annotated[Condition, Meta(description="FQL; empty is every event.")] = ""
    action: EventAction = "drop"


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises FqlError."""
    deal = on_event(settings.action, rule, f"{settings.where or 'no such event'}.")
    if not settings.where:
        return deal
    holds = fql.compile(settings.where)

    def decide(event: Event) -> Decision:
        return deal(event) if holds(View(event)) else False

    return decide


KIND = Kind("drop", __doc__, Settings, compiled, {"where": "properties.price < 0"})
