"""Experiment: which variant converts better, and whether that may be chance.

People are in the variant that they saw first; who saw several is in none. The sequential interval
holds however often one looks; the split of people is checked against the plan.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.analytics.events import Events
from headwater.analytics.marketing.experiment import Report, Wanted, report
from headwater.analytics.model import Analysis, Days, EventName, Level, Property, Request
from headwater.statistics.experiments import EXPECTED
from headwater.statistics.model import LEVEL


class ExperimentRequest(Request, frozen=True, kw_only=True):
    """An experiment by its name, and the event that is a conversion."""

    experiment: Annotated[str, Meta(min_length=1, max_length=200)]
    conversion: EventName
    value: Property = ""
    within_days: Days = 30
    event: EventName = "Experiment Viewed"
    names: Property = "experiment_name"
    variants: Property = "variation_name"
    control: Annotated[str, Meta(max_length=200, description="The variant to compare with.")] = ""
    weights: Annotated[
        Mapping[str, Annotated[float, Meta(gt=0)]],
        Meta(max_length=50, description="The planned split, where it is not even."),
    ] = msgspec.field(default_factory=dict)
    expected: Annotated[
        float, Meta(gt=0, lt=1, description="The difference that sequential intervals suit.")
    ] = EXPECTED
    level: Level = LEVEL


def ask(request: ExperimentRequest, data: Events) -> Report:
    """The reading of the people who first saw it within the period."""
    data.require(request.event, "event")
    data.require(request.conversion, "conversion")
    return report(
        data,
        Wanted(
            request.experiment,
            data.span(request.period),
            request.conversion,
            request.value,
            request.within_days,
            request.event,
            request.names,
            request.variants,
            request.control,
            request.weights,
            request.expected,
            request.level,
        ),
    )


ANALYSIS = Analysis("experiment", "Experiment", __doc__, ExperimentRequest, Report, ask)
