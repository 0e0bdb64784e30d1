"""Campaigns: how people came, what they then did, and what it cost.

Visits are told apart by channel, source, medium, campaign, content, term, referring site, landing
page or click id. A conversion belongs to the last visit before it, within the lookback window.
Costs are those of the events `Campaign Spend`, in one currency.
"""

from typing import Annotated

from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.marketing.campaigns import Report, Wanted, report
from headwater.analytics.marketing.reading import Touch
from headwater.analytics.marketing.visits import By
from headwater.analytics.model import Analysis, Days, EventName, Level, Property, Request
from headwater.statistics.model import LEVEL


class CampaignsRequest(Request, frozen=True, kw_only=True):
    """Visits by what they are told apart by, with conversions and costs."""

    by: By = By.CHANNEL
    touch: Annotated[EventName, Meta(description="An event instead of visits, as a click.")] = ""
    key: Annotated[Property, Meta(description="The event's property that says by what.")] = ""
    conversion: EventName = ""
    value: Property = ""
    lookback_days: Days = 30
    currency: Annotated[str, Meta(max_length=3)] = ""
    level: Level = LEVEL


def ask(request: CampaignsRequest, data: Events) -> Report:
    """The report of the period."""
    data.require(request.touch or "page", "touch")
    if request.conversion:
        data.require(request.conversion, "conversion")
    touch = Touch(request.by, request.touch, request.key)
    return report(
        data,
        Wanted(
            touch,
            data.span(request.period),
            request.conversion,
            request.value,
            request.lookback_days,
            request.currency,
            request.level,
        ),
    )


ANALYSIS = Analysis("campaigns", "Campaigns", __doc__, CampaignsRequest, Report, ask)
