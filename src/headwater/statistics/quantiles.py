"""Medians and other quantiles with intervals that suppose nothing of how values are spread."""

from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.statistics.model import LEVEL, Interval, check_level


class Quantile(msgspec.Struct, frozen=True, rename="camel"):
    """The value that a share `at` of n values does not exceed; None of no values."""

    n: int
    at: float
    value: float | None
    interval: Interval | None


def quantile(values: Sequence[Any], at: float = 0.5, level: float = LEVEL) -> Quantile:
    """The quantile, between two values by the straight line between them, and its interval.

    R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", American Statistician 50
    (1996) 361-365, definition 7; the interval is of two of the values themselves (`ranks`).
    """
    import numpy as np

    known = np.asarray([each for each in values if each is not None], dtype=float)
    known = np.sort(known[np.isfinite(known)])
    n = len(known)
    if n == 0:
        return Quantile(0, at, None, None)
    between = ranks(n, at, level)
    interval = None
    if between is not None:
        interval = Interval(float(known[between[0] - 1]), float(known[between[1] - 1]), level)
    return Quantile(n, at, float(np.quantile(known, at)), interval)


def ranks(n: int, at: float = 0.5, level: float = LEVEL) -> tuple[int, int] | None:
    """Which of n sorted values (from 1) the interval goes from and to; None where n is too small.

    How many values lie below the quantile is binomial: W. J. Conover, "Practical Nonparametric
    Statistics", 3rd ed. (1999) §3.2. Symmetric in probability: each side at most (1 − level)/2.
    """
    from scipy.stats import binom

    check_level(level)
    if not 0 < at < 1:
        raise ValueError("A quantile lies between 0 and 1.")
    tail = (1 - level) / 2
    low = int(binom.ppf(tail, n, at))
    if binom.cdf(low, n, at) > tail:
        low -= 1
    low += 1
    high = int(binom.isf(tail, n, at)) + 1
    return (low, high) if low >= 1 and high <= n else None
