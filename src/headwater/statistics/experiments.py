"""Experiments: two shares, looked at as often as one likes, and how many people it takes."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from headwater.statistics.model import (
    LEVEL,
    Doubt,
    Interval,
    check_counts,
    check_level,
    quantile_of_normal,
    root,
)
from headwater.statistics.proportions import Share, difference, ratio, share

POWER: Final = 0.8
EXPECTED: Final = 0.02
"""The size of differences that sequential intervals are tuned for, where none is said."""
MISMATCH: Final = 0.001
"""Below it a split is not by chance."""
_FEWEST: Final = 5


class Comparison(msgspec.Struct, frozen=True, rename="camel"):
    """A variant's conversions against the control's."""

    control: Share
    variant: Share
    difference: float
    interval: Interval
    """Of the difference, for one look at a planned time."""
    sequential_interval: Interval
    """Of the difference, valid however often one looks and whenever one stops."""
    relative: float | None
    """How much more, as a share of the control's."""
    relative_interval: Interval | None
    z: float | None
    p_value: float | None
    sequential_p_value: float
    minimal_detectable: float | None
    """The least difference that so many people show in 4 of 5 experiments."""
    doubts: tuple[Doubt, ...] = ()


def compare(
    converted: int,
    n: int,
    control_converted: int,
    control_n: int,
    level: float = LEVEL,
    expected: float = EXPECTED,
) -> Comparison:
    """All that is said of a variant against the control. Raises ValueError for an empty arm."""
    if n == 0 or control_n == 0:
        raise ValueError("Each arm has people.")
    mine, theirs = share(converted, n, level), share(control_converted, control_n, level)
    gap = converted / n - control_converted / control_n
    z, p = two_proportions(converted, n, control_converted, control_n)
    between = ratio(converted, n, control_converted, control_n, level)
    cells = (converted, n - converted, control_converted, control_n - control_converted)
    return Comparison(
        theirs,
        mine,
        gap,
        difference(converted, n, control_converted, control_n, level),
        sequential_interval(converted, n, control_converted, control_n, level, expected),
        gap / (control_converted / control_n) if control_converted else None,
        between and Interval(between.low - 1, between.high - 1, level),
        z,
        p,
        sequential_p_value(converted, n, control_converted, control_n, expected),
        minimal_detectable(control_converted / control_n, n, control_n, 1 - level),
        (Doubt.SMALL_SAMPLE,) if min(cells) < _FEWEST else (),
    )


def two_proportions(
    count: int, n: int, other: int, other_n: int
) -> tuple[float | None, float | None]:
    """z and the two-sided p-value of two shares being equal; None where all or none converted.

    z = (p − q)/√(r(1−r)(1/n + 1/m)), r the share of both together. J. L. Fleiss, B. Levin, M. C.
    Paik, "Statistical Methods for Rates and Proportions", 3rd ed. (2003) §3.2 (uncorrected).
    """
    check_counts(count, n)
    check_counts(other, other_n)
    pooled = (count + other) / (n + other_n)
    if pooled in {0.0, 1.0}:
        return None, None
    z = (count / n - other / other_n) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return z, math.erfc(abs(z) / math.sqrt(2))


def _variance(count: int, n: int, other: int, other_n: int) -> float:
    """Of the difference, with one more of each outcome in each arm, so that it is never 0 (A.
    Agresti, B. Caffo, American Statistician 54 (2000) 280-288)."""
    p, q = (count + 1) / (n + 2), (other + 1) / (other_n + 2)
    return p * (1 - p) / n + q * (1 - q) / other_n


def sequential_interval(
    count: int,
    n: int,
    other: int,
    other_n: int,
    level: float = LEVEL,
    expected: float = EXPECTED,
) -> Interval:
    """An interval of p − q that holds at all looks at once: one may stop whenever one likes.

    p̂ − q̂ ± √(2·V(V+τ²)/τ² · ln(√((V+τ²)/V)/α)), V the variance of p̂ − q̂: the mixture sequential
    probability ratio test turned round, with the normal mixture N(0, τ²) of H. Robbins
    ("Statistical methods related to the law of the iterated logarithm", Annals of Mathematical
    Statistics 41 (1970) 1397-1409). R. Johari, P. Koomen, L. Pekelis, D. Walsh, "Peeking at A/B
    tests", KDD 2017, §5. τ (`expected`) is fixed beforehand; a bad choice makes it wider, never
    wrong. It rests on shares being nearly normal: an arm has some hundred people at the first look.
    """
    check_level(level)
    variance, tau = _variance(count, n, other, other_n), expected * expected
    both = variance + tau
    half = math.sqrt(
        2 * variance * both / tau * (math.log(math.sqrt(both / variance)) - math.log(1 - level))
    )
    gap = count / n - other / other_n
    return Interval(max(gap - half, -1.0), min(gap + half, 1.0), level)


def sequential_p_value(
    count: int, n: int, other: int, other_n: int, expected: float = EXPECTED
) -> float:
    """min(1, 1/Λ), Λ = √(V/(V+τ²))·exp(τ²(p̂−q̂)²/(2V(V+τ²))): below α at any look with a chance of
    at most α where nothing differs. Source: `sequential_interval`."""
    variance, tau = _variance(count, n, other, other_n), expected * expected
    both = variance + tau
    gap = count / n - other / other_n
    log = 0.5 * math.log(variance / both) + tau * gap * gap / (2 * variance * both)
    return min(1.0, math.exp(-log)) if log < 700 else 0.0


class Split(msgspec.Struct, frozen=True, rename="camel"):
    """Whether people are split as planned."""

    n: int
    expected: list[float]
    p_value: float | None
    is_mismatch: bool


def split(counts: Sequence[int], weights: Sequence[float] = ()) -> Split:
    """The check for a sample ratio mismatch: χ² of the arms' sizes against their weights (equal
    where none are given). A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled
    experiments", KDD 2019."""
    from scipy.stats import chisquare

    given = list(weights) or [1.0] * len(counts)
    if len(given) != len(counts) or min(given, default=1) <= 0:
        raise ValueError("Each arm has a weight above 0.")
    n = sum(counts)
    expected = [n * each / math.fsum(given) for each in given]
    if n == 0 or len(counts) < 2:
        return Split(n, expected, None, is_mismatch=False)
    p = float(chisquare(list(counts), expected).pvalue)
    return Split(n, expected, p, is_mismatch=p < MISMATCH)


def power(base: float, gap: float, n: int, control_n: int, alpha: float = 0.05) -> float:
    """The chance that the two-sided test finds a difference `gap` above the control's share.

    Fleiss, Levin, Paik (2003) §4.2; the far tail is left out.
    """
    from scipy.special import ndtr, ndtri

    p, q = base + gap, base
    pooled = (p * n + q * control_n) / (n + control_n)
    under_null = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / control_n))
    there = math.sqrt(p * (1 - p) / n + q * (1 - q) / control_n)
    if there == 0:
        return 1.0
    return float(ndtr((abs(gap) - float(ndtri(1 - alpha / 2)) * under_null) / there))


def minimal_detectable(
    base: float, n: int, control_n: int, alpha: float = 0.05, wanted: float = POWER
) -> float | None:
    """The least rise of the control's share that is found with power `wanted`; None where even a
    rise to 1 is not, or where the control's share is 0 or 1."""
    if not 0 < base < 1:
        return None
    highest = 1 - base - 1e-9

    def missing(gap: float) -> float:
        return power(base, gap, n, control_n, alpha) - wanted

    if missing(highest) < 0:
        return None
    return root(missing, 1e-9, highest)


def people_needed(base: float, gap: float, alpha: float = 0.05, wanted: float = POWER) -> int:
    """How many people each of two equal arms takes to find a rise of `gap`.

    n = (z_{1−α/2}√(2r(1−r)) + z_{power}√(p(1−p)+q(1−q)))²/gap², r the mean of both shares: Fleiss,
    Levin, Paik (2003) §4.2.
    """
    if not 0 < base < 1 or not 0 < base + gap < 1 or gap == 0:
        raise ValueError("Both shares lie between 0 and 1, and differ.")
    p, q = base + gap, base
    r = (p + q) / 2
    apart = quantile_of_normal(1 - alpha) * math.sqrt(2 * r * (1 - r))
    apart += quantile_of_normal(2 * wanted - 1) * math.sqrt(p * (1 - p) + q * (1 - q))
    return math.ceil(apart * apart / (gap * gap))
