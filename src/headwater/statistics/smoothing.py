"""A series with its noise taken out."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

_LEAST_FITTED: Final = 3


class Smoothed(msgspec.Struct, frozen=True, rename="camel"):
    """The smoothed values, and the α that made them, with whether it was found by fitting."""

    n: int
    values: list[float]
    alpha: float
    fitted: bool
    error: float
    """The root of the mean squared error of each value forecasting the next."""


def moving_average(values: Sequence[float], window: int) -> list[float | None]:
    """The mean of the last `window` values; None until there are so many.

    R. J. Hyndman, G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed. (2021) §3.3,
    with the window behind each value, so that nothing is known before its time.
    """
    if window < 1:
        raise ValueError("A window has at least one value.")
    ends = range(window, len(values) + 1)
    none_yet: list[float | None] = [None] * min(window - 1, len(values))
    return none_yet + [math.fsum(values[end - window : end]) / window for end in ends]


def exponential(values: Sequence[float], alpha: float | None = None) -> Smoothed:
    """S_t = αx_t + (1−α)S_{t−1} from S_0 = x_0; without α the one that forecasts best is taken.

    R. G. Brown, "Statistical Forecasting for Inventory Control" (1959); fitted as FPP3 §8.1: the α
    with the least sum of squares of x_t − S_{t−1}.
    """
    if alpha is not None and not 0 < alpha <= 1:
        raise ValueError("α lies above 0 and is at most 1.")
    if not values:
        return Smoothed(0, [], alpha or 1.0, alpha is None, 0.0)
    chosen = alpha if alpha is not None else _fitted(values)
    smooth = _smooth(values, chosen)
    error = (_squares(values, smooth) / max(len(values) - 1, 1)) ** 0.5
    return Smoothed(len(values), smooth, chosen, alpha is None, error)


def _smooth(values: Sequence[float], alpha: float) -> list[float]:
    level = float(values[0])
    found = [level]
    for value in values[1:]:
        level = alpha * value + (1 - alpha) * level
        found.append(level)
    return found


def _squares(values: Sequence[float], smooth: Sequence[float]) -> float:
    return sum((x - s) ** 2 for x, s in zip(values[1:], smooth, strict=False))


def _fitted(values: Sequence[float]) -> float:
    from scipy.optimize import minimize_scalar

    if len(values) < _LEAST_FITTED:
        return 1.0

    def lost(alpha: float) -> float:
        return _squares(values, _smooth(values, alpha))

    # The sum of squares may have several valleys: the best of a grid says which one is deepest.
    grid = [step / 20 for step in range(1, 21)]
    best = min(grid, key=lost)
    found = minimize_scalar(
        lost, bounds=(max(best - 0.05, 1e-4), min(best + 0.05, 1.0)), method="bounded"
    )
    return min((best, float(found.x)), key=lost)
