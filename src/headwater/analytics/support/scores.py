"""What ratings add up to: satisfied customers, promoters, effort. Pure."""

import math
from collections.abc import Mapping
from typing import Final

import msgspec

from headwater.statistics.model import LEVEL, Doubt, Interval, quantile_of_normal
from headwater.statistics.proportions import Share, share

_FEW: Final = 30
_PROMOTER: Final = 9
_DETRACTOR: Final = 6


class Score(msgspec.Struct, frozen=True, rename="camel"):
    """A number of n ratings with its interval; None of none."""

    n: int
    value: float | None
    interval: Interval | None
    doubts: tuple[Doubt, ...] = ()


def csat(counts: Mapping[float, int], good: float, level: float = LEVEL) -> Share:
    """The share of ratings that are `good` or better (customer satisfaction)."""
    return share(
        sum(n for rating, n in counts.items() if rating >= good), sum(counts.values()), level
    )


def nps(counts: Mapping[float, int], level: float = LEVEL) -> Score:
    """The share of promoters (9, 10) less that of detractors (0 to 6), from −100 to 100.

    F. F. Reichheld, "The one number you need to grow", Harvard Business Review 81 (2003) 46-54. The
    variance of the difference of two shares of one multinomial, p + d − (p − d)²: B. Rocks,
    "Interval estimation for the net promoter score", American Statistician 70 (2016) 365-372.
    """
    n = sum(counts.values())
    if not n:
        return Score(0, None, None)
    promoters = sum(count for rating, count in counts.items() if rating >= _PROMOTER) / n
    detractors = sum(count for rating, count in counts.items() if rating <= _DETRACTOR) / n
    found = promoters - detractors
    half = quantile_of_normal(level) * math.sqrt(max(promoters + detractors - found**2, 0.0) / n)
    between = Interval(100 * max(found - half, -1.0), 100 * min(found + half, 1.0), level)
    return Score(n, 100 * found, between, (Doubt.SMALL_SAMPLE,) if n < _FEW else ())


def mean(counts: Mapping[float, int], level: float = LEVEL) -> Score:
    """The mean rating (customer effort) with Student's interval; none of a single one."""
    from scipy.stats import t

    n = sum(counts.values())
    if not n:
        return Score(0, None, None)
    found = sum(rating * count for rating, count in counts.items()) / n
    doubts = (Doubt.SMALL_SAMPLE,) if n < _FEW else ()
    if n == 1:
        return Score(n, found, None, doubts)
    squares = sum(count * (rating - found) ** 2 for rating, count in counts.items())
    half = float(t.ppf(0.5 + level / 2, n - 1)) * math.sqrt(squares / (n - 1) / n)
    return Score(n, found, Interval(found - half, found + half, level), doubts)
