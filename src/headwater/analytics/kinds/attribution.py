"""Attribution: who gets the credit for conversions, by eight models side by side.

A conversion's path is the visits (or the events that are named) at most the lookback window before
it. Models: first, last, last non-direct, linear, time decay, position, Markov, Shapley.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.marketing.attribution import Report, Wanted, report
from headwater.analytics.marketing.reading import Touch
from headwater.analytics.marketing.visits import By
from headwater.analytics.model import Analysis, Days, EventName, Property, Request
from headwater.statistics.attribution import Model


class AttributionRequest(Request, frozen=True, kw_only=True):
    """The conversions of a period, and the touches before them."""

    conversion: EventName
    value: Property = ""
    by: By = By.CHANNEL
    touch: Annotated[EventName, Meta(description="An event instead of visits, as a click.")] = ""
    key: Annotated[Property, Meta(description="The event's property that is the channel.")] = ""
    lookback_days: Days = 30
    half_life_days: Annotated[float, Meta(gt=0, le=365, description="Of time decay.")] = 7.0
    models: Annotated[list[Model], Meta(min_length=1, max_length=8)] = msgspec.field(
        default_factory=lambda: list(Model)
    )
    currency: Annotated[str, Meta(max_length=3)] = ""


def ask(request: AttributionRequest, data: Events) -> Report:
    """The credits of the period."""
    data.require(request.conversion, "conversion")
    data.require(request.touch or "page", "touch")
    touch = Touch(request.by, request.touch, request.key)
    return report(
        data,
        Wanted(
            touch,
            data.span(request.period),
            request.conversion,
            request.value,
            request.lookback_days,
            request.half_life_days,
            tuple(dict.fromkeys(request.models)),
            request.currency,
        ),
    )


ANALYSIS = Analysis("attribution", "Attribution", __doc__, AttributionRequest, Report, ask)
