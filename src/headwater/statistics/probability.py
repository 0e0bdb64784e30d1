"""Two conditions on the same people: how often both hold, and what one says of the other."""

import math
from typing import Final

import msgspec

from headwater.statistics.model import LEVEL, Doubt, Interval, quantile_of_normal
from headwater.statistics.proportions import Share, share

_LEAST_EXPECTED: Final = 5.0
_MOST_EXACT: Final = 100_000
"""Up to so many people the test is Fisher's, which is exact, and slower with their number."""


class Together(msgspec.Struct, frozen=True, rename="camel"):
    """What is known of A and B from how many people have both, one, and neither."""

    n: int
    both: Share
    """P(A∩B)"""
    a: Share
    b: Share
    a_given_b: Share
    b_given_a: Share
    a_given_not_b: Share
    bayes: float | None
    """P(B|A)·P(A)/P(B), which must be P(A|B)."""
    lift: float | None
    """P(A|B)/P(A): 1 where B says nothing of A."""
    lift_interval: Interval | None
    odds_ratio: float | None
    odds_ratio_interval: Interval | None
    p_value: float | None
    """Of A and B having nothing to do with each other."""
    doubts: tuple[Doubt, ...] = ()


def together(both: int, a: int, b: int, n: int, level: float = LEVEL) -> Together:
    """Of n people `a` have A, `b` have B, `both` have both.

    P(A|B) = P(A∩B)/P(B) (A. N. Kolmogorov, "Grundbegriffe der Wahrscheinlichkeitsrechnung", 1933,
    I §4); P(A|B) = P(B|A)P(A)/P(B) (T. Bayes, Phil. Trans. 53 (1763) 370-418).
    """
    if not 0 <= both <= min(a, b) or max(a, b) > n or a + b - both > n:
        raise ValueError("These counts cannot be of the same people.")
    with_b, with_a = share(both, b, level), share(both, a, level)
    of_a, of_b = share(a, n, level), share(b, n, level)
    cells = (both, a - both, b - both, n - a - b + both)
    odds, odds_interval = odds_ratio(*cells, level=level)
    return Together(
        n,
        share(both, n, level),
        of_a,
        of_b,
        with_b,
        with_a,
        share(a - both, n - b, level),
        bayes(with_a.share, of_a.share, of_b.share),
        lift(both, a, b, n),
        lift_interval(both, a, b, n, level),
        odds,
        odds_interval,
        independence(*cells),
        _doubts(cells, a, b, n),
    )


def _doubts(cells: tuple[int, int, int, int], a: int, b: int, n: int) -> tuple[Doubt, ...]:
    found = []
    if n and min(a, n - a) * min(b, n - b) < _LEAST_EXPECTED * n:
        found.append(Doubt.SMALL_SAMPLE)
    if n and 0 in cells:
        found.append(Doubt.EMPTY_CELL)
    return tuple(found)


def bayes(b_given_a: float | None, a: float | None, b: float | None) -> float | None:
    """P(A|B) from P(B|A), P(A) and P(B); None where B never is."""
    if not b or a is None:
        return None
    return (b_given_a or 0.0) * a / b


def lift(both: int, a: int, b: int, n: int) -> float | None:
    """P(A∩B)/(P(A)P(B)); None where either never is.

    S. Brin, R. Motwani, J. D. Ullman, S. Tsur, "Dynamic itemset counting and implication rules for
    market basket data", SIGMOD 1997 (there: interest).
    """
    return both * n / (a * b) if a and b else None


def lift_interval(both: int, a: int, b: int, n: int, level: float = LEVEL) -> Interval | None:
    """The interval of the lift by the delta method on its logarithm; None where nobody has both.

    With g the derivatives of ln p₁₁ − ln p₁. − ln p.₁ by the four cells' shares p, its variance is
    (Σg²p − (Σgp)²)/n, and Σgp = −1. A. Agresti, "Categorical Data Analysis", 3rd ed. (2013) §16.1.
    """
    if not both:
        return None
    p, pa, pb = both / n, a / n, b / n
    squares = (1 / p - 1 / pa - 1 / pb) ** 2 * p + (pa - p) / pa**2 + (pb - p) / pb**2
    spread = quantile_of_normal(level) * math.sqrt(max(squares - 1, 0.0) / n)
    found = p / (pa * pb)
    return Interval(found * math.exp(-spread), found * math.exp(spread), level)


def odds_ratio(
    both: int, only_a: int, only_b: int, neither: int, level: float = LEVEL
) -> tuple[float | None, Interval | None]:
    """The odds of A with B, over those without, and the interval; None of nobody.

    The interval is B. Woolf's ("On estimating the relation between blood group and disease", Annals
    of Human Genetics 19 (1955) 251-253). Where a cell is empty, 0.5 is added to each: J. B. S.
    Haldane (ibid. 20 (1956) 309-311), F. J. Anscombe (Biometrika 43 (1956) 461-464).
    """
    cells = [float(each) for each in (both, only_a, only_b, neither)]
    if not any(cells):
        return None, None
    if 0 in cells:
        cells = [each + 0.5 for each in cells]
    found = cells[0] * cells[3] / (cells[1] * cells[2])
    spread = quantile_of_normal(level) * math.sqrt(sum(1 / each for each in cells))
    return found, Interval(found * math.exp(-spread), found * math.exp(spread), level)


def independence(both: int, only_a: int, only_b: int, neither: int) -> float | None:
    """The p-value of independence; None where A or B holds of all or of nobody.

    Pearson's χ² without correction; Fisher's exact test where fewer than 5 are expected in a cell
    (W. G. Cochran, "Some methods for strengthening the common χ² tests", Biometrics 10 (1954)).
    """
    from scipy.stats import chi2_contingency, fisher_exact

    table = [[both, only_a], [only_b, neither]]
    a, b, n = both + only_a, both + only_b, both + only_a + only_b + neither
    if not (0 < a < n and 0 < b < n):
        return None
    if n <= _MOST_EXACT and min(a, n - a) * min(b, n - b) < _LEAST_EXPECTED * n:
        return float(fisher_exact(table).pvalue)
    return float(chi2_contingency(table, correction=False).pvalue)
