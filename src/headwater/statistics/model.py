"""What the functions answer with, and what they doubt."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

LEVEL: Final = 0.95
"""The confidence of an interval, where none is asked for."""


class Interval(msgspec.Struct, frozen=True, rename="camel"):
    """From low to high, with the confidence that it is made for."""

    low: float
    high: float
    level: float = LEVEL


class Doubt(StrEnum):
    """Why a result should not be relied on as it stands."""

    SMALL_SAMPLE = "small_sample"
    """Too few observations for the approximation behind the interval or test."""
    CONSTANT = "constant"
    """A series that never changes: it goes with nothing, and has no scale."""
    EMPTY_CELL = "empty_cell"
    """A combination that nobody has: 0.5 was added to each (Haldane and Anscombe)."""
    MANY_TESTS = "many_tests"
    """So many comparisons that some look significant by chance: see the adjusted p-values."""
    TOO_SHORT = "too_short"
    """Fewer than two whole seasons, so that no season was looked for."""
    GAPS = "gaps"
    """Values were missing, and were bridged by straight lines."""
    UNEVEN_SPLIT = "uneven_split"
    """The people are not split as planned: the experiment itself is suspect."""
    WORSE_THAN_NAIVE = "worse_than_naive"
    """Repeating what was would have forecast better."""


def quantile_of_normal(level: float) -> float:
    """The z of a two-sided interval: 1.96 for 0.95."""
    from scipy.special import ndtri

    check_level(level)
    return float(ndtri(0.5 + level / 2))


def check_level(level: float) -> None:
    """Raises ValueError for a confidence that is none."""
    if not 0 < level < 1:
        raise ValueError("A level of confidence lies between 0 and 1.")


def check_counts(successes: float, n: float) -> None:
    """Raises ValueError where some of n are more than n, or fewer than none."""
    if not 0 <= successes <= n:
        raise ValueError("Of n, at least 0 and at most n have what is counted.")


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function crosses zero between two points that lie on different sides of it."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-12))


def is_constant(values: Sequence[float]) -> bool:
    return not values or min(values) == max(values)
