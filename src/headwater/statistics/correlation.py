"""Whether two numbers of the same people go together."""

import math
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from headwater.statistics.model import LEVEL, Doubt, Interval, quantile_of_normal

Method = Literal["pearson", "spearman"]

SMALL: Final = 10
"""Below so many pairs a correlation says little."""
_MANY: Final = 5
"""From so many comparisons on, chance is warned of."""


class Correlation(msgspec.Struct, frozen=True, rename="camel"):
    """r of n pairs that have both values; None where it is not defined."""

    n: int
    r: float | None
    p_value: float | None
    interval: Interval | None
    adjusted_p_value: float | None = None
    """With regard to how many pairs were tested (Benjamini and Hochberg)."""
    doubts: tuple[Doubt, ...] = ()


def pearson(x: Sequence[Any], y: Sequence[Any], level: float = LEVEL) -> Correlation:
    """How far two numbers lie on one straight line, of the pairs that have both.

    r = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² · Σ(y−ȳ)²). K. Pearson, "Notes on regression and inheritance in
    the case of two parents", Proc. Royal Society of London 58 (1895) 240-242.
    """
    return _correlation(x, y, "pearson", level)


def spearman(x: Sequence[Any], y: Sequence[Any], level: float = LEVEL) -> Correlation:
    """How far two numbers rise together, in whatever shape: Pearson's r of their ranks, where equal
    values share the mean of theirs.

    C. Spearman, "The proof and measurement of association between two things", American Journal of
    Psychology 15 (1904) 72-101.
    """
    return _correlation(x, y, "spearman", level)


def _correlation(x: Sequence[Any], y: Sequence[Any], method: Method, level: float) -> Correlation:
    import numpy as np

    if len(x) != len(y):
        raise ValueError("Each x has its y.")
    pairs = np.array([x, y], dtype=float)
    return _of_pairs(pairs[:, np.isfinite(pairs).all(axis=0)], method, level)


def _of_pairs(pairs: Any, method: Method, level: float) -> Correlation:
    from scipy.stats import rankdata

    n = pairs.shape[1]
    if n < 2 or (pairs.min(axis=1) == pairs.max(axis=1)).any():
        return Correlation(n, None, None, None, doubts=tuple(_doubts(n, None)))
    if method == "spearman":
        pairs = rankdata(pairs, axis=1)
    return from_r(r_of(pairs[0], pairs[1]), n, method, level)


def r_of(x: Any, y: Any) -> float:
    """Pearson's r of two arrays that are not constant; scaled first, so that nothing overflows."""
    import numpy as np

    dx, dy = x - x.mean(), y - y.mean()
    dx, dy = dx / np.abs(dx).max(), dy / np.abs(dy).max()
    below = math.sqrt(float(dx @ dx) * float(dy @ dy))
    return max(-1.0, min(1.0, float(dx @ dy) / below))


def from_r(
    r: float | None, n: int, method: Method = "pearson", level: float = LEVEL
) -> Correlation:
    """All that is said of an r which the engine computed from n pairs."""
    doubts = tuple(_doubts(n, r))
    if r is None:
        return Correlation(n, None, None, None, doubts=doubts)
    return Correlation(n, r, p_value(r, n), interval(r, n, method, level), doubts=doubts)


def _doubts(n: int, r: float | None) -> list[Doubt]:
    found = [Doubt.CONSTANT] if r is None and n >= 2 else []
    return [*found, Doubt.SMALL_SAMPLE] if n < SMALL else found


def p_value(r: float, n: int) -> float | None:
    """The chance of an r at least so far from 0 where nothing goes together.

    r√((n−2)/(1−r²)) follows Student's t with n−2 degrees of freedom (R. A. Fisher, Biometrika 10
    (1915) 507-521); for ranks an approximation.
    """
    from scipy.stats import t

    if n < 3:
        return None
    if abs(r) == 1:
        return 0.0
    return float(2 * t.sf(abs(r) * math.sqrt((n - 2) / (1 - r * r)), n - 2))


def interval(r: float, n: int, method: Method = "pearson", level: float = LEVEL) -> Interval | None:
    """The interval by Fisher's z; None for fewer than 4 pairs.

    tanh(artanh r ± z/√(n−3)): R. A. Fisher, "On the probable error of a coefficient of correlation
    deduced from a small sample", Metron 1 (1921) 3-32. For ranks the variance is (1+r²/2)/(n−3): D.
    G. Bonett, T. A. Wright, Psychometrika 65 (2000) 23-28.
    """
    if n < 4:
        return None
    if abs(r) == 1:
        return Interval(r, r, level)
    wider = 1 + r * r / 2 if method == "spearman" else 1.0
    spread = quantile_of_normal(level) * math.sqrt(wider / (n - 3))
    middle = math.atanh(r)
    return Interval(math.tanh(middle - spread), math.tanh(middle + spread), level)


def matrix(
    columns: Sequence[Sequence[Any]], method: Method = "pearson", level: float = LEVEL
) -> list[list[Correlation]]:
    """Each column with each, of the rows that have both; p-values also adjusted for their number.

    Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", J. Royal Statistical Society
    B 57 (1995) 289-300.
    """
    import numpy as np

    values = np.array([np.asarray(column, dtype=float) for column in columns])
    known = np.isfinite(values)
    found: dict[tuple[int, int], Correlation] = {}
    for i in range(len(values)):
        for j in range(i, len(values)):
            pairs = values[[i, j]][:, known[i] & known[j]]
            found[i, j] = _of_pairs(pairs, method, level)
    found.update(adjusted({at: each for at, each in found.items() if at[0] < at[1]}))
    size = range(len(values))
    return [[found[min(i, j), max(i, j)] for j in size] for i in size]


def adjusted(found: dict[tuple[int, int], Correlation]) -> dict[tuple[int, int], Correlation]:
    """Several correlations with the p-values that their number allows."""
    from scipy.stats import false_discovery_control

    tested = [at for at, each in found.items() if each.p_value is not None]
    if not tested:
        return found
    values = false_discovery_control([found[at].p_value or 0.0 for at in tested])
    more = (Doubt.MANY_TESTS,) if len(tested) >= _MANY else ()
    return found | {
        at: msgspec.structs.replace(
            found[at], adjusted_p_value=float(value), doubts=found[at].doubts + more
        )
        for at, value in zip(tested, values, strict=True)
    }
