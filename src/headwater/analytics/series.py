"""All that is said of a series of values: smoothed, taken apart, forecast, marked. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from headwater.statistics.forecasting import Forecast, forecast
from headwater.statistics.model import LEVEL, Doubt
from headwater.statistics.seasons import THRESHOLD, anomalies, bridged, decompose
from headwater.statistics.smoothing import exponential, moving_average

SEASONS: Final = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4}
"""How many moments of each length make a season."""


class Point(msgspec.Struct, frozen=True, rename="camel"):
    """What is known of one moment; None where it is not said."""

    value: float | None
    average: float | None = None
    smoothed: float | None = None
    trend: float | None = None
    seasonal: float | None = None
    remainder: float | None = None
    expected: float | None = None
    is_anomaly: bool = False
    score: float | None = None
    """How many robust standard deviations from what was expected, of an anomaly."""


class Studied(msgspec.Struct, frozen=True, rename="camel"):
    """The moments, and what was found of the whole."""

    n: int
    points: list[Point]
    alpha: float
    alpha_is_fitted: bool
    period: int | None
    """The season that was found to have two whole turns at least."""
    trend_strength: float | None
    seasonal_strength: float | None
    band: float
    """Values so far from what was expected are anomalies."""
    forecast: Forecast | None
    doubts: tuple[Doubt, ...] = ()


class How(msgspec.Struct, frozen=True):
    """What is asked of a series."""

    window: int = 7
    alpha: float | None = None
    period: int | None = None
    horizon: int = 0
    threshold: float = THRESHOLD
    level: float = LEVEL
    positive: bool = True


def study(values: Sequence[float | None], how: How) -> Studied:
    """All of it at once. Values that are missing are bridged, and have no value in their point."""
    whole, has_gaps = bridged(values)
    if not whole:
        return Studied(0, [], how.alpha or 1.0, how.alpha is None, None, None, None, 0.0, None)
    smooth = exponential(whole, how.alpha)
    average = moving_average(whole, how.window)
    parts = decompose(whole, how.period) if how.period else None
    marks = anomalies(whole, how.period, how.threshold)
    odd = {
        mark.position: mark.score for mark in marks.anomalies if values[mark.position] is not None
    }
    points = [
        Point(
            value,
            average[at],
            smooth.values[at],
            parts.trend[at] if parts else None,
            parts.seasonal[at] if parts else None,
            parts.remainder[at] if parts else None,
            marks.expected[at],
            at in odd,
            odd.get(at),
        )
        for at, value in enumerate(values)
    ]
    ahead = None
    if how.horizon:
        ahead = forecast(whole, how.horizon, how.period, how.level, positive=how.positive)
    doubts = [*marks.doubts, *(ahead.doubts if ahead else ())]
    return Studied(
        sum(1 for value in values if value is not None),
        points,
        smooth.alpha,
        smooth.fitted,
        parts.period if parts else None,
        parts.trend_strength if parts else None,
        parts.seasonal_strength if parts else None,
        marks.half_width,
        ahead,
        tuple(dict.fromkeys([Doubt.GAPS, *doubts] if has_gaps else doubts)),
    )
