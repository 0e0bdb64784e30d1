"""What of a series is trend, what returns every season, and what remains; and what stands out."""

import math
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from headwater.statistics.model import Doubt

THRESHOLD: Final = 3.5
"""How many robust standard deviations away a value is called an anomaly."""
_LEAST: Final = 5
_ROUNDS: Final = 4
_TIMES: Final = 5
_MAD_TO_SIGMA: Final = 1.482602218505602
_MEAN_TO_SIGMA: Final = 1.2533141373155001


class Decomposed(msgspec.Struct, frozen=True, rename="camel"):
    """value = trend + seasonal + remainder, for each moment."""

    n: int
    period: int
    trend: list[float]
    seasonal: list[float]
    remainder: list[float]
    trend_strength: float
    """From 0 to 1: how much of what is left without the season the trend explains."""
    seasonal_strength: float
    """From 0 to 1: how much of what is left without the trend the season explains."""


class Mark(msgspec.Struct, frozen=True, rename="camel"):
    """A value that stands out: where, what was expected, and how far away it is."""

    position: int
    value: float
    expected: float
    score: float


class Marks(msgspec.Struct, frozen=True, rename="camel"):
    """What is expected at each moment, the band around it, and the values outside."""

    n: int
    expected: list[float]
    half_width: float
    anomalies: list[Mark]
    doubts: tuple[Doubt, ...] = ()


def decompose(values: Sequence[float], period: int) -> Decomposed | None:
    """STL, robust against outliers; None for fewer than two whole seasons.

    R. B. Cleveland, W. S. Cleveland, J. E. McRae, I. Terpenning, "STL: a seasonal-trend
    decomposition procedure based on loess", Journal of Official Statistics 6 (1990) 3-73.
    """
    if period < 2 or len(values) < 2 * period:
        return None
    from statsmodels.tsa.seasonal import STL

    found = STL(list(map(float, values)), period=period, robust=True).fit()
    trend, seasonal, rest = (
        [float(each) for each in part] for part in (found.trend, found.seasonal, found.resid)
    )
    return Decomposed(
        len(values),
        period,
        trend,
        seasonal,
        rest,
        _strength(rest, trend),
        _strength(rest, seasonal),
    )


def _strength(rest: Sequence[float], part: Sequence[float]) -> float:
    """max(0, 1 − Var(R)/Var(R + part)): X. Wang, K. Smith, R. J. Hyndman, "Characteristic-based
    clustering for time series data", Data Mining and Knowledge Discovery 13 (2006) 335-364."""
    both = _variance([r + p for r, p in zip(rest, part, strict=True)])
    # What is left of a constant by the limits of floating point is no season.
    if both <= 1e-18 * max((abs(each) for each in part), default=0.0) ** 2:
        return 0.0
    return min(max(0.0, 1 - _variance(rest) / both), 1.0)


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((each - mean) ** 2 for each in values) / len(values)


def anomalies(
    values: Sequence[float], period: int | None = None, threshold: float = THRESHOLD
) -> Marks:
    """The values far from what trend and season expect; without a season, from the local median.

    Far is more than `threshold` robust standard deviations: 1.4826 × the median absolute deviation
    of the remainders (where that is 0, 1.2533 × the mean one). B. Iglewicz, D. C. Hoaglin, "How to
    Detect and Handle Outliers" (1993).
    """
    n = len(values)
    if n < _LEAST:
        return Marks(n, [float(each) for each in values], 0.0, [], (Doubt.SMALL_SAMPLE,))
    seasonal = bool(period and period > 1 and n >= 2 * period)
    doubts = (Doubt.TOO_SHORT,) if period and not seasonal else ()
    expected = _steady(values, period or 0, threshold) if seasonal else local_median(values)
    rest = [value - each for value, each in zip(values, expected, strict=True)]
    scale = robust_scale(rest)
    if scale <= 1e-9 * max(map(abs, values)):
        return Marks(n, expected, 0.0, [], (*doubts, Doubt.CONSTANT))
    marks = [
        Mark(at, float(values[at]), expected[at], rest[at] / scale)
        for at in range(n)
        if abs(rest[at]) > threshold * scale
    ]
    return Marks(n, expected, threshold * scale, marks, doubts)


def _steady(values: Sequence[float], period: int, threshold: float) -> list[float]:
    """What is expected by a trend that moves slowly and a season that stays the same.

    STL's own season follows each value so closely that what remains is much less than the noise.
    So its windows are wide here, and outliers are replaced by what was expected of them before it
    is fitted again: the farthest first, for they make those look odd that stand beside them.
    """
    odd = set[int]()
    expected = _settled(values, period, odd)
    for _ in range(_ROUNDS):
        off = [abs(value - each) for value, each in zip(values, expected, strict=True)]
        farthest = max((each for at, each in enumerate(off) if at not in odd), default=0.0)
        least = max(threshold * robust_scale(off), farthest / 2)
        more = {at for at, each in enumerate(off) if each > least} - odd
        if not more:
            break
        odd |= more
        expected = _settled(values, period, odd)
    return expected


def _settled(values: Sequence[float], period: int, odd: Collection[int]) -> list[float]:
    """The fit that does not depend on the values that are odd: they are what it makes of them."""
    from statsmodels.tsa.seasonal import STL

    slow = 5 * period + 1 - (5 * period) % 2
    given = [float(each) for each in values]
    expected = local_median(given)
    for _ in range(_TIMES if odd else 1):
        for at in odd:
            given[at] = expected[at]
        found = STL(given, period=period, seasonal=10 * len(given) + 1, trend=slow).fit()
        expected = [float(each) for each in found.trend + found.seasonal]
    return expected


def robust_scale(rest: Sequence[float]) -> float:
    """A standard deviation that outliers do not move, of values around 0.

    Where more than half are the same but for what floating point leaves (a series that is mostly
    0), the median says nothing, and the mean deviation is taken.
    """
    sizes = sorted(map(abs, rest))
    by_median = _MAD_TO_SIGMA * _median(sizes)
    by_mean = _MEAN_TO_SIGMA * math.fsum(sizes) / len(sizes)
    return by_median if by_median > by_mean / 20 else by_mean


def local_median(values: Sequence[float], window: int = 7) -> list[float]:
    """The median of the values around each, itself among them (at the ends, of those there are)."""
    half = window // 2
    return [_median(sorted(values[max(at - half, 0) : at + half + 1])) for at in range(len(values))]


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[half])
    return (ordered[half - 1] + ordered[half]) / 2


def bridged(values: Sequence[float | None]) -> tuple[list[float], bool]:
    """The series with its gaps bridged by straight lines, and whether it had any."""
    import numpy as np

    known = [at for at, value in enumerate(values) if value is not None and math.isfinite(value)]
    if not known:
        return [], bool(values)
    there: Any = [values[at] for at in known]
    filled = np.interp(range(len(values)), known, there)
    return [float(each) for each in filled], len(known) < len(values)
