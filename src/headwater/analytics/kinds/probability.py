"""Probability: how often two conditions hold of the same people, and what one says of the other."""

from headwater.analytics.conditions import Condition
from headwater.analytics.events import Events
from headwater.analytics.measures import fourfold
from headwater.analytics.model import Analysis, Level, Request
from headwater.statistics.model import LEVEL
from headwater.statistics.probability import Together, together


class ProbabilityRequest(Request, frozen=True, kw_only=True):
    """A given B. The conditions say their own times; the period does not count."""

    a: Condition
    b: Condition
    level: Level = LEVEL


def ask(request: ProbabilityRequest, data: Events) -> Together:
    """P(A), P(B), P(A∩B), P(A|B), Bayes, lift and odds ratio of the people asked about."""
    (found,) = data.rows(
        fourfold(data.population(), data.people(request.a), data.people(request.b))
    )
    counts = {name: int(value) for name, value in found.items()}
    return together(counts["both"], counts["a"], counts["b"], counts["n"], request.level)


ANALYSIS = Analysis("probability", "Probability", __doc__, ProbabilityRequest, Together, ask)
