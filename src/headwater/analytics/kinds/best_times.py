"""Best times: by weekday and hour when people act, and so when to write to them.

Hours are those of each one's own clock where the event says its zone (`context.timezone`), and of
the period's zone where it does not.
"""

from typing import Annotated

from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.marketing.best_times import Wanted, report
from headwater.analytics.marketing.clock import Clock
from headwater.analytics.model import Analysis, EventName, Level, Request
from headwater.analytics.periods import zone_of
from headwater.statistics.model import LEVEL


class BestTimesRequest(Request, frozen=True, kw_only=True):
    """An event: an open or a click for when to send, or any activity."""

    event: EventName
    own_clock: Annotated[bool, Meta(description="Each person's own zone where known.")] = True
    by_person: Annotated[
        bool, Meta(description="Everybody counts once in all, however often they act.")
    ] = True
    level: Level = LEVEL


def ask(request: BestTimesRequest, data: Events) -> Clock:
    """The hours of a week."""
    data.require(request.event, "event")
    zone = str(zone_of(request.period))
    return report(
        data,
        Wanted(
            request.event,
            data.span(request.period),
            zone,
            request.own_clock,
            request.by_person,
            request.level,
        ),
    )


ANALYSIS = Analysis("best-times", "Best times", __doc__, BestTimesRequest, Clock, ask)
