"""The kinds of analysis, each a file with what it is asked, what it answers, and how."""

from collections.abc import Mapping
from typing import Final

from headwater.analytics.kinds import (
    attribution,
    backlog,
    bad_ratings,
    best_times,
    bottlenecks,
    campaigns,
    correlation,
    distribution,
    experiment,
    funnel,
    lifecycle,
    lifetime_value,
    paths,
    probability,
    retention,
    rfm,
    satisfaction,
    service_levels,
    sessions,
    sets,
    stickiness,
    support,
    time_series,
    trends,
)
from headwater.analytics.model import Analysis

_MODULES: Final = (
    trends,
    funnel,
    retention,
    paths,
    sessions,
    lifecycle,
    stickiness,
    distribution,
    rfm,
    lifetime_value,
    sets,
    probability,
    time_series,
    correlation,
    campaigns,
    attribution,
    experiment,
    best_times,
    support,
    service_levels,
    backlog,
    bottlenecks,
    satisfaction,
    bad_ratings,
)

KINDS: Final[Mapping[str, Analysis]] = {
    module.ANALYSIS.name: module.ANALYSIS for module in _MODULES
}
"""By name, in the order in which people are shown them."""
