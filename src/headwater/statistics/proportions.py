"""Shares: their intervals, the difference of two, and rates of counts."""

import math

import msgspec

from headwater.statistics.model import LEVEL, Interval, check_counts, quantile_of_normal


class Share(msgspec.Struct, frozen=True, rename="camel"):
    """Some of n, as a share of them with its interval; None of nobody."""

    count: int
    n: int
    share: float | None
    interval: Interval | None


class Rate(msgspec.Struct, frozen=True, rename="camel"):
    """A count for each unit that it was counted over (days, people), with its interval."""

    count: int
    units: float
    rate: float | None
    interval: Interval | None


def share(count: int, n: int, level: float = LEVEL) -> Share:
    """The share of `count` in `n`, with Wilson's interval."""
    check_counts(count, n)
    if n == 0:
        return Share(0, 0, None, None)
    return Share(count, n, count / n, wilson(count, n, level))


def wilson(count: float, n: float, level: float = LEVEL) -> Interval:
    """The score interval of a share, good for small n and shares near 0 and 1.

    (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n).
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927) 209-212.
    """
    check_counts(count, n)
    if n == 0:
        return Interval(0.0, 1.0, level)
    z = quantile_of_normal(level)
    p = count / n
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    low = 0.0 if count == 0 else max((middle - half) / below, 0.0)
    high = 1.0 if count == n else min((middle + half) / below, 1.0)
    return Interval(low, high, level)


def difference(count: int, n: int, other: int, other_n: int, level: float = LEVEL) -> Interval:
    """The interval of p − q for two independent shares, from Wilson's of each.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17 (1998) 873-890, method 10.
    """
    if n == 0 or other_n == 0:
        return Interval(-1.0, 1.0, level)
    p, q = count / n, other / other_n
    mine, theirs = wilson(count, n, level), wilson(other, other_n, level)
    return Interval(
        p - q - math.hypot(p - mine.low, theirs.high - q),
        p - q + math.hypot(mine.high - p, q - theirs.low),
        level,
    )


def ratio(count: int, n: int, other: int, other_n: int, level: float = LEVEL) -> Interval | None:
    """The interval of p / q for two independent shares; None where either is 0.

    On the scale of logarithms: D. Katz, J. Baptista, S. P. Azen, M. C. Pike, "Obtaining confidence
    intervals for the risk ratio in cohort studies", Biometrics 34 (1978) 469-474.
    """
    check_counts(count, n)
    check_counts(other, other_n)
    if count == 0 or other == 0:
        return None
    z = quantile_of_normal(level)
    spread = z * math.sqrt(1 / count - 1 / n + 1 / other - 1 / other_n)
    found = (count / n) / (other / other_n)
    return Interval(found * math.exp(-spread), found * math.exp(spread), level)


def rate(count: int, units: float, level: float = LEVEL) -> Rate:
    """A count for each unit, with the exact interval of a Poisson rate.

    F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936) 437-442.
    """
    from scipy.stats import chi2

    if count < 0 or units < 0:
        raise ValueError("Counts, and what they were counted over, are not negative.")
    if units == 0:
        return Rate(count, units, None, None)
    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    high = float(chi2.ppf(1 - tail, 2 * count + 2)) / 2
    return Rate(count, units, count / units, Interval(low / units, high / units, level))
